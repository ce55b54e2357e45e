import type { AnswerPart } from '../../../engine/dialects/answer.js';
import type { AnswerReason } from '../../../inference/request.js';
import type { CallForm } from '../requests/chat-tools.js';

type Begun = Extract<AnswerPart, { type: 'call' }>;
type Continued = Extract<AnswerPart, { type: 'arguments' }>;

/** The delta with which a call begins in a stream. */
export function begunCall(form: CallForm, { index, id, name }: Begun): object {
  const called = { name, arguments: '' };
  if (form === 'function_call') return { function_call: called };
  return { tool_calls: [{ index, id, type: 'function', function: called }] };
}

/** The delta with the next piece of a call's arguments. */
export function continuedCall(form: CallForm, { index, text }: Continued): object {
  const called = { arguments: text };
  return form === 'function_call' ? { function_call: called } : { tool_calls: [{ index, function: called }] };
}

/** The calls of a whole message: null if there are none. */
export function wholeCalls(form: CallForm, parts: readonly AnswerPart[]): object | null {
  const calls = parts.flatMap((part) => (part.type === 'call' ? [wholeCall(part, parts)] : []));
  const [first] = calls;
  if (first === undefined) return null;
  return form === 'function_call' ? { function_call: first.function } : { tool_calls: calls };
}

/** Why an answer ended, in the words of its form. */
export function wireReason(form: CallForm, reason: AnswerReason): string {
  return reason === 'tool_calls' ? form : reason;
}

interface WholeCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: object;
}

function wholeCall({ index, id, name }: Begun, parts: readonly AnswerPart[]): WholeCall {
  const pieces = parts.flatMap((part) => (part.type === 'arguments' && part.index === index ? [part.text] : []));
  return { id, type: 'function', function: { name, arguments: pieces.join('') } };
}
