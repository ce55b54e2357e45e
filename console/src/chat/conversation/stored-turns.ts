import { array, type Decoded, type Decoder, nullable, number, object, optional, string } from '../../api/decode.js';
import { newAnswer, type Part } from './answer.js';
import type { Turn } from './conversation.js';
import { sentTimings, timingsOf } from './stream.js';

const maybe = <Value>(decode: Decoder<Value>): Decoder<Value | null> => optional(nullable(decode), null);

const content = array(object({ text: maybe(string) }));
const item = object({
  type: string,
  id: string,
  role: maybe(string),
  content: optional(content, []),
  call_id: maybe(string),
  name: maybe(string),
  arguments: maybe(string),
  output: (value: unknown) => (typeof value === 'string' ? value : value === undefined ? '' : joined(content(value))),
});

export const storedResponse = object({
  id: string,
  created_at: number,
  model: string,
  status: string,
  previous_response_id: maybe(string),
  output: array(item),
  timings: maybe(sentTimings),
});

export const storedItems = object({ data: array(item), has_more: (value: unknown) => value === true });

type Item = Decoded<typeof item>;

/** One response as the server keeps it, with what it was an answer to. */
export interface StoredStep {
  readonly response: Decoded<typeof storedResponse>;
  readonly input: readonly Item[];
}

/**
 * The turns of a conversation that the server keeps as responses that continue each other.
 *
 * @param steps - The oldest first.
 * @param likes - Thumbs up or down, by the ids of the responses.
 */
export function turnsOf(steps: readonly StoredStep[], likes: Readonly<Record<string, boolean>> = {}): readonly Turn[] {
  const turns: Turn[] = [];
  const parent = (): string | null => turns.at(-1)?.id ?? null;
  for (const { response, input } of steps) {
    for (const turn of inputTurns(input)) turns.push({ ...turn, parent: parent() });
    const reason = response.status === 'incomplete' ? 'length' : 'stop';
    turns.push({
      ...{ type: 'reply', id: response.id, parent: parent() },
      answer: {
        ...newAnswer(response.model, response.created_at * 1000),
        ...{ state: { status: 'ended', reason }, parts: response.output.flatMap(partsOf) },
        ...{ responseId: response.id, isStored: true },
        timings: response.timings === null ? null : timingsOf(response.timings),
        like: likes[response.id] ?? null,
      },
    });
  }
  return turns;
}

/** Thumbs up or down of responses that the server keeps, by their ids. */
export function likesOf(turns: readonly Turn[]): Readonly<Record<string, boolean>> {
  return Object.fromEntries(
    turns.flatMap((turn) => {
      if (turn.type !== 'reply') return [];
      const { responseId, like } = turn.answer;
      return responseId === null || like === null ? [] : [[responseId, like]];
    }),
  );
}

/** The last question among items; null if there is none. */
export function questionIn(items: readonly Item[]): string | null {
  const last = items.findLast(({ type, role }) => type === 'message' && role === 'user');
  return last === undefined ? null : joined(last.content);
}

/** Without their places. Items that follow each other and have the same author are one turn. */
function inputTurns(input: readonly Item[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const each of input) {
    const last = turns.at(-1);
    if (each.type === 'function_call_output') {
      const result = { callId: each.call_id ?? '', text: each.output };
      if (last?.type === 'results') turns.splice(-1, 1, { ...last, results: [...last.results, result] });
      else turns.push({ type: 'results', id: each.id, parent: null, results: [result] });
    } else if (each.type === 'message' && each.role !== 'assistant') {
      // Prompts of the system belong to the settings.
      if (each.role === 'user') turns.push({ type: 'question', id: each.id, parent: null, text: joined(each.content) });
    } else if (last?.type === 'reply') {
      const { answer } = last;
      turns.splice(-1, 1, { ...last, answer: { ...answer, parts: [...answer.parts, ...partsOf(each)] } });
    } else {
      const answer = {
        ...newAnswer(null, 0),
        state: { status: 'ended', reason: 'stop' },
        parts: partsOf(each),
      } as const;
      turns.push({ type: 'reply', id: each.id, parent: null, answer });
    }
  }
  return turns;
}

function partsOf({ type, content, call_id, name, arguments: json }: Item): readonly Part[] {
  switch (type) {
    case 'message':
      return [{ type: 'text', text: joined(content) }];
    case 'reasoning':
      return [{ type: 'reasoning', text: joined(content) }];
    case 'function_call':
      return [{ type: 'call', id: call_id ?? '', name: name ?? '', arguments: json ?? '' }];
    default:
      return [];
  }
}

function joined(parts: Decoded<typeof content>): string {
  return parts.map(({ text }) => text ?? '').join('');
}
