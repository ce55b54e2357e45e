import { Template } from '@huggingface/jinja';

import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { ChatMessage } from '../engine.js';

/** ChatML, for models that come without a template: the format that more of them were trained with than any other. */
const chatMl =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export interface ChatTemplateOptions {
  /** Jinja source; undefined when the model has none. */
  readonly source: string | undefined;
  readonly bosToken: string | null;
  readonly eosToken: string | null;
}

/** Renders a chat to the text that the model goes on from. */
export type RenderChat = (messages: readonly ChatMessage[]) => string;

/**
 * Prepares a model's chat template, with what Hugging Face's `apply_chat_template` offers to one; `raise_exception` and
 * `strftime_now` come from the Jinja library.
 *
 * @returns a function that throws ChatstreamError `invalid_request` for what the template refuses
 */
export function chatTemplate({ source = chatMl, bosToken, eosToken }: ChatTemplateOptions): RenderChat {
  let template: Template | null = null;
  return (messages) => {
    try {
      template ??= new Template(source);
    } catch (error) {
      throw new ChatstreamError('invalid_request', `The model's chat template cannot be read: ${messageOf(error)}.`, {
        hint: 'Use /v1/completions with a prompt of your own making, or another conversion of the model.',
        cause: error,
      });
    }
    try {
      return template.render({
        messages: messages.map(templateMessage),
        add_generation_prompt: true,
        bos_token: bosToken ?? '',
        eos_token: eosToken ?? '',
      });
    } catch (error) {
      throw new ChatstreamError(
        'invalid_request',
        `The model's chat template refuses these messages: ${messageOf(error)}`,
        {
          param: 'messages',
          cause: error,
        },
      );
    }
  };
}

/** OpenAI renamed `system` to `developer`; models know only the old name. */
function templateMessage({ role, ...message }: ChatMessage): Record<string, string> {
  return { ...message, role: role === 'developer' ? 'system' : role };
}
