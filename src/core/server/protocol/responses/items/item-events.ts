import type { ResponseEvent } from '../../../schemas/responses/response-answers.js';
import type { OutputPart } from '../../../schemas/responses/response-items.js';
import { eventLogprobs } from '../../wire-logprobs.js';
import { type OpenItem, outputText, reasoningText } from './output-items.js';

/** An event without its number. */
export type UnnumberedEvent = ResponseEvent extends infer E
  ? E extends ResponseEvent
    ? Omit<E, 'sequence_number'>
    : never
  : never;

/** Where the events of an item say that it is. */
export interface ItemPlace {
  readonly item_id: string;
  /** Of the item among all of the response, from 0. */
  readonly output_index: number;
}

/** Where the events of a part say that it is. */
interface PartPlace extends ItemPlace {
  readonly content_index: number;
}

/** What stands around the text in each delta of an item, so that a delta costs no more than its text. */
export interface DeltaFrame {
  readonly head: string;
  /** Up to the number of the event, which ends the JSON. */
  readonly tail: string;
}

export function deltaFrame(item: OpenItem, place: ItemPlace): DeltaFrame {
  const tail = ',"sequence_number":';
  switch (item.type) {
    case 'message':
      return { head: deltaHead('response.output_text.delta', partOf(place)), tail: `,"logprobs":[]${tail}` };
    case 'reasoning':
      return { head: deltaHead('response.reasoning_text.delta', partOf(place)), tail };
    case 'function_call':
      return { head: deltaHead('response.function_call_arguments.delta', place), tail };
    case 'custom_tool_call':
      return { head: deltaHead('response.custom_tool_call_input.delta', place), tail };
  }
}

/** Between the event that an item is there and its first text. */
export function eventsBeforeText(item: OpenItem, place: ItemPlace): readonly UnnumberedEvent[] {
  switch (item.type) {
    case 'message':
      return [{ type: 'response.content_part.added', ...partOf(place), part: outputText('') }];
    case 'reasoning':
      return [{ type: 'response.content_part.added', ...partOf(place), part: reasoningText('') }];
    case 'function_call':
    case 'custom_tool_call':
      return [];
  }
}

/** Between the last text of an item and the event that it is done. */
export function eventsAfterText(item: OpenItem, place: ItemPlace): readonly UnnumberedEvent[] {
  const { text } = item;
  const ofPart = partOf(place);
  switch (item.type) {
    case 'message': {
      const logprobs = eventLogprobs(item.logprobs);
      return [
        { type: 'response.output_text.done', ...ofPart, text, logprobs },
        partDone(ofPart, outputText(text, item.logprobs)),
      ];
    }
    case 'reasoning':
      return [{ type: 'response.reasoning_text.done', ...ofPart, text }, partDone(ofPart, reasoningText(text))];
    case 'function_call':
      return [{ type: 'response.function_call_arguments.done', ...place, name: item.called.name, arguments: text }];
    case 'custom_tool_call':
      return [{ type: 'response.custom_tool_call_input.done', ...place, input: text }];
  }
}

function partDone(ofPart: PartPlace, part: OutputPart): UnnumberedEvent {
  return { type: 'response.content_part.done', ...ofPart, part };
}

/** Items with parts have one. */
function partOf(place: ItemPlace): PartPlace {
  return { ...place, content_index: 0 };
}

/** The part of a delta event before its text. */
function deltaHead(type: ResponseEvent['type'], place: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...place }).slice(0, -1)},"delta":`;
}
