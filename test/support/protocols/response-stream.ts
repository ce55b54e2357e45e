import type { Static } from 'typebox';
import { expect } from 'vitest';
import { responseEvent } from '../../../src/core/server/schemas/responses/response-answers.js';
import { parseAs } from '../parse-as.js';

type Event = Static<typeof responseEvent>;
type Response = Extract<Event, { type: 'response.completed' }>['response'];
type Item = Response['output'][number];

const statuses = {
  'response.completed': 'completed',
  'response.incomplete': 'incomplete',
  'response.failed': 'failed',
} as const;

/** An item between its first and its last event. */
interface OpenItem {
  readonly id: string;
  readonly type: Item['type'];
  deltas: string;
  /** Whether the whole text has been given, after which there are no more deltas. */
  isTextDone: boolean;
  parts: 'none' | 'open' | 'done';
}

/**
 * Checks the events of a response against what OpenAI publishes: their shapes, numbers, order and indexes, and that the deltas
 * add up to the items, and the items to the response.
 *
 * @returns the response in the last event
 */
export function checkedResponse(stream: readonly unknown[]): Response {
  const events = stream.map((event) => parseAs(responseEvent, event));
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual(['response.created', 'response.in_progress']);
  const finished: Item[] = [];
  let open: OpenItem | null = null;
  let ended: Response | null = null;
  for (const event of events) {
    expect(ended).toBeNull();
    switch (event.type) {
      case 'response.created':
      case 'response.in_progress':
        expect(event.response).toMatchObject({ status: 'in_progress', output: [], error: null });
        break;
      case 'response.output_item.added':
        expect(open).toBeNull();
        expect([event.output_index, event.item.status]).toEqual([finished.length, 'in_progress']);
        open = { id: event.item.id, type: event.item.type, deltas: '', isTextDone: false, parts: 'none' };
        break;
      case 'response.output_item.done':
        expect([event.output_index, event.item.id]).toEqual([finished.length, open?.id]);
        expect([open?.isTextDone, textOf(event.item)]).toEqual([true, open?.deltas]);
        expect(open?.parts).toBe(isCall(event.item) ? 'none' : 'done');
        finished.push(event.item);
        open = null;
        break;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        expect(event.response.status).toBe(statuses[event.type]);
        ended = event.response;
        break;
      case 'response.content_part.added':
      case 'response.content_part.done':
      case 'response.output_text.delta':
      case 'response.output_text.done':
      case 'response.reasoning_text.delta':
      case 'response.reasoning_text.done':
      case 'response.function_call_arguments.delta':
      case 'response.function_call_arguments.done':
      case 'response.custom_tool_call_input.delta':
      case 'response.custom_tool_call_input.done':
        expect([event.output_index, event.item_id]).toEqual([finished.length, open?.id]);
        if (open !== null) checkPart(event, open);
    }
  }
  if (ended === null) throw new Error('The stream has no last event.');
  const { output, status, error, usage, incomplete_details: details } = ended;
  expect(output.slice(0, finished.length)).toEqual(finished);
  // An item in which the response failed has no last event of its own.
  expect(output).toHaveLength(finished.length + (open === null ? 0 : 1));
  expect([error !== null, usage === undefined]).toEqual([status === 'failed', status === 'failed']);
  expect(details !== null).toBe(status === 'incomplete');
  if (status !== 'failed') expect(open).toBeNull();
  return ended;
}

type PartEvent = Exclude<Event, { response: Response } | { item: Item }>;

function checkPart(event: PartEvent, open: OpenItem): void {
  if ('content_index' in event) expect(event.content_index).toBe(0);
  switch (event.type) {
    case 'response.content_part.added':
      expect(open.parts).toBe('none');
      open.parts = 'open';
      break;
    case 'response.content_part.done':
      expect([open.parts, open.isTextDone, event.part.text]).toEqual(['open', true, open.deltas]);
      open.parts = 'done';
      break;
    case 'response.output_text.delta':
    case 'response.reasoning_text.delta':
    case 'response.function_call_arguments.delta':
    case 'response.custom_tool_call_input.delta':
      expect([open.type, open.isTextDone]).toEqual([itemOf(event.type), false]);
      open.deltas += event.delta;
      break;
    case 'response.output_text.done':
    case 'response.reasoning_text.done':
    case 'response.function_call_arguments.done':
    case 'response.custom_tool_call_input.done':
      expect([open.type, open.isTextDone]).toEqual([itemOf(event.type), false]);
      expect(wholeOf(event)).toBe(open.deltas);
      open.isTextDone = true;
  }
}

/** The type of the items that have such events. */
function itemOf(type: PartEvent['type']): Item['type'] {
  if (type.startsWith('response.output_text')) return 'message';
  if (type.startsWith('response.custom_tool_call')) return 'custom_tool_call';
  return type.startsWith('response.reasoning_text') ? 'reasoning' : 'function_call';
}

function wholeOf(event: Extract<PartEvent, { type: `${string}.done` }>): string {
  if ('input' in event) return event.input;
  if ('part' in event) return event.part.text;
  return 'arguments' in event ? event.arguments : event.text;
}

function isCall({ type }: Item): boolean {
  return type === 'function_call' || type === 'custom_tool_call';
}

function textOf(item: Item): string {
  if (item.type === 'function_call') return item.arguments;
  if (item.type === 'custom_tool_call') return item.input;
  return item.content.map((part) => (part.type === 'refusal' ? part.refusal : part.text)).join('');
}
