import { specialTokens } from './synthetic-vocabulary.js';

/** A Jinja template in ChatML: `<|im_start|>role\ncontent<|im_end|>\n` for each message. */
export const chatMlTemplate = [
  '{%- for message in messages -%}',
  `{{- '${specialTokens.startOfMessage}' + message['role'] + '\\n' + message['content'] + '${specialTokens.endOfTurn}\\n' -}}`,
  '{%- endfor -%}',
  '{%- if add_generation_prompt -%}',
  `{{- '${specialTokens.startOfMessage}assistant\\n' -}}`,
  '{%- endif -%}',
].join('\n');
