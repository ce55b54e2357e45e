import { ChatstreamError } from '../../../base/errors.js';
import { amount, items } from '../../../base/json.js';
import type { Token } from '../../../engine/engine.js';
import type { Timings } from '../../../inference/request.js';
import type { ResumeParameter } from '../../schemas/completions/completion-requests.js';

/** How far one of several choices has come in the stream of another server. */
export type ChoiceProgress =
  | { readonly status: 'open'; readonly tokens: readonly Token[] }
  /** Its last event has been written. @see ended for what the counts of the whole answer need of it */
  | { readonly status: 'ended'; readonly timings: Timings };

/**
 * What a record has for tokens of several choices: before each, the number of its choice.
 *
 *     : tokens 0,9906,1,385,0,1917 [[1,20,0,0]]       choice 0: 9906 and 1917; choice 1: 385, after which it has ended
 */
export function numbered(choice: number, tokens: readonly Token[]): readonly number[] {
  return tokens.flatMap((token) => [choice, token]);
}

/** @param ended the choices whose last events have been written, and their counts */
export function writeEnded(ended: ReadonlyMap<number, Timings>): string | null {
  if (ended.size === 0) return null;
  return JSON.stringify(
    [...ended].map(([choice, timings]) => [
      choice,
      timings.promptTokens,
      timings.cachedTokens,
      timings.reasoningTokens,
    ]),
  );
}

/**
 * @param count how many choices the answer has
 * @throws ChatstreamError `invalid_request` for anything that is not a progress of so many choices
 */
export function readChoices({ tokens: numbers, state }: ResumeParameter, count: number): readonly ChoiceProgress[] {
  const tokens = Array.from({ length: count }, (): Token[] => []);
  for (let at = 0; at < numbers.length; at += 2) {
    const list = tokens[numbers[at] ?? count];
    const token = numbers[at + 1];
    if (list === undefined || token === undefined) throw unreadable('resume.tokens');
    list.push(token);
  }
  const ended = readEnded(state ?? '[]');
  const choices = tokens.map((list, choice): ChoiceProgress => {
    const counts = ended.get(choice);
    if (counts === undefined) return { status: 'open', tokens: list };
    const times = { queueMs: 0, prefillMs: 0, decodeMs: 0, outputTokens: 0 };
    return { status: 'ended', timings: { ...times, ...counts, foreignTokens: list.length } };
  });
  if (choices.every(({ status }) => status === 'ended')) throw unreadable('resume.state');
  return choices;
}

type Counts = Pick<Timings, 'promptTokens' | 'cachedTokens' | 'reasoningTokens'>;

function readEnded(state: string): ReadonlyMap<number, Counts> {
  return new Map(
    items(parsed(state)).map((entry): [number, Counts] => {
      const [choice, promptTokens, cachedTokens, reasoningTokens] = items(entry).map(amount);
      if (typeof choice !== 'number' || typeof promptTokens !== 'number') throw unreadable('resume.state');
      return [choice, { promptTokens, cachedTokens: cachedTokens ?? 0, reasoningTokens: reasoningTokens ?? 0 }];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw unreadable('resume.state');
  }
}

function unreadable(param: 'resume.tokens' | 'resume.state'): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" does not say how far the choices have come.`, {
    param,
    hint: 'Send what the comments of the stream have said.',
  });
}
