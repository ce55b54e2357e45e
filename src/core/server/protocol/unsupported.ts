import { ChatstreamError } from '../../base/errors.js';

type Refusal = (value: unknown) => boolean;

const unlessEmpty: Refusal = (value) => !Array.isArray(value) || value.length > 0;
const unlessOne: Refusal = (value) => value !== 1;
const unlessFalse: Refusal = (value) => value !== false;
const always: Refusal = () => true;

/**
 * Known parameters that are not supported, with the values that would change the answer. Ignoring them would mislead
 * the client, which would believe that it got what it asked for. Parameters that change nothing (`store`, `metadata`,
 * …) pass.
 */
const refusals: Readonly<Record<string, Refusal>> = {
  n: unlessOne,
  best_of: unlessOne,
  functions: unlessEmpty,
  function_call: (value) => value !== 'none' && value !== 'auto',
  logprobs: unlessFalse,
  top_logprobs: (value) => value !== 0,
  audio: always,
  modalities: (value) => !Array.isArray(value) || value.some((modality) => modality !== 'text'),
  web_search_options: always,
  echo: unlessFalse,
  suffix: (value) => value !== '',
  // Parameters of other servers, which their users may still send.
  repetition_penalty: unlessOne,
  min_tokens: (value) => value !== 0,
  grammar: always,
  guided_json: always,
  guided_regex: always,
  guided_choice: always,
  guided_grammar: always,
};

/** What chats know and texts do not. */
const textRefusals: Readonly<Record<string, Refusal>> = {
  tools: unlessEmpty,
  tool_choice: (value) => value !== 'none' && value !== 'auto',
};

/** The same for what a chat's messages may carry besides their text; the model would not see it. */
const messageRefusals: Readonly<Record<string, Refusal>> = {
  function_call: always,
  audio: always,
};

/** @throws ChatstreamError `invalid_request` that names the first unsupported parameter */
export function refuseUnsupported(body: object): void {
  refuse(body, refusals, '');
}

/** @throws ChatstreamError `invalid_request` that names the first parameter that only chats have */
export function refuseChatParameters(body: object): void {
  refuse(body, textRefusals, '');
}

/** @throws ChatstreamError `invalid_request` that names the first unsupported part of a message */
export function refuseUnsupportedMessages(messages: readonly object[]): void {
  messages.forEach((message, index) => {
    refuse(message, messageRefusals, `messages.${index}.`);
  });
}

function refuse(parameters: object, table: Readonly<Record<string, Refusal>>, prefix: string): void {
  for (const [name, value] of Object.entries(parameters)) {
    // Only the table's own entries: a parameter may be called "constructor".
    const changesAnswer = Object.hasOwn(table, name) ? table[name] : undefined;
    if (value === null || value === undefined || changesAnswer?.(value) !== true) continue;
    const param = `${prefix}${name}`;
    throw new ChatstreamError('invalid_request', `The parameter "${param}" is not supported with this value.`, {
      param,
      hint: 'Leave it out; nothing was generated.',
    });
  }
}
