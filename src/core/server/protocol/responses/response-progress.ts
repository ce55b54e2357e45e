import { ChatstreamError } from '../../../base/errors.js';
import { amount, items, member } from '../../../base/json.js';

/** What a server that continues the stream of a response needs to know besides the tokens. */
export interface ResponseProgress {
  /** How many events have been written: the number of the next one. */
  readonly events: number;
  /** The identifiers of the calls that have begun, which are made up and come again in later events. */
  readonly calls: readonly string[];
}

export function writeProgress({ events, calls }: ResponseProgress): string {
  return JSON.stringify(calls.length === 0 ? { events } : { events, calls });
}

/** @throws ChatstreamError `invalid_request` for anything that {@link writeProgress} does not write */
export function readProgress(state: string | null | undefined): ResponseProgress {
  const value = parsed(state ?? '');
  const events = amount(member(value, 'events'));
  const calls = items(member(value, 'calls')).filter((id) => typeof id === 'string');
  if (events !== null && Number.isSafeInteger(events) && events > 0) return { events, calls };
  throw new ChatstreamError('invalid_request', '"resume.state" does not say how far the response has come.', {
    param: 'resume.state',
    hint: 'Send what follows the tokens in the last comment of the stream.',
  });
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}
