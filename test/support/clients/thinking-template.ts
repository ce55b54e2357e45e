/** A chat template that makes a model think if it is told to. */
export const thinkingTemplate = [
  "{%- for message in messages -%}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}{%- endfor -%}",
  "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- if enable_thinking -%}{{- '<think>\\n' -}}{%- endif -%}{%- endif -%}",
].join('\n');
