import { Template } from '@huggingface/jinja';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { ChatMessage } from '../engine.js';

/** ChatML, for models without a template: no other format is as common in training. */
const chatMl =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export interface ChatTemplateOptions {
  /** Jinja source; undefined if the model has no template. */
  readonly source: string | undefined;
  readonly bosToken: string | null;
  readonly eosToken: string | null;
}

/** Renders a chat to the text that the model continues. */
export type RenderChat = (messages: readonly ChatMessage[]) => string;

/**
 * Prepares the chat template of a model, with the variables of Hugging Face's `apply_chat_template`; `raise_exception`
 * and `strftime_now` come from the Jinja library.
 *
 * @returns a function that throws ChatstreamError `invalid_request` for messages that the template refuses
 */
export function chatTemplate({ source = chatMl, bosToken, eosToken }: ChatTemplateOptions): RenderChat {
  let template: Template | null = null;
  return (messages) => {
    try {
      template ??= new Template(source);
    } catch (error) {
      throw new ChatstreamError('invalid_request', `The model's chat template cannot be read: ${messageOf(error)}.`, {
        hint: 'Use /v1/completions with a prompt that you format yourself, or another conversion of the model.',
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

/** OpenAI renamed `system` to `developer`, but models only know the old name. */
function templateMessage({ role, ...message }: ChatMessage): Record<string, string> {
  return { ...message, role: role === 'developer' ? 'system' : role };
}
