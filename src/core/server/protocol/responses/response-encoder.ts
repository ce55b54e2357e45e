import type { ChatstreamError } from '../../../base/errors.js';
import type { AnswerPart } from '../../../engine/dialects/answer.js';
import type { AnswerReason, Timings } from '../../../inference/request.js';
import type { ResponseObject } from '../../schemas/responses/response-answers.js';
import type { OutputItem } from '../../schemas/responses/response-items.js';
import { type AnswerEncoder, sseEvent } from '../answer-encoder.js';
import { eventLogprobs } from '../wire-logprobs.js';
import { wireTimings } from '../wire-timings.js';
import { failureCode } from './failure-code.js';
import { CustomInput } from './items/custom-tools.js';
import {
  type DeltaFrame,
  deltaFrame,
  eventsAfterText,
  eventsBeforeText,
  type ItemPlace,
  type UnnumberedEvent,
} from './items/item-events.js';
import { itemId, type ItemPrefix } from './items/item-ids.js';
import type { CalledTool } from './items/namespaces.js';
import { type OpenItem, outputItem } from './items/output-items.js';
import type { ResponseFields } from './response-fields.js';
import { type ResponseProgress, writeProgress } from './response-progress.js';
import { usageOf } from './usage.js';

export interface ResponseEncoderOptions {
  readonly fields: ResponseFields;
  /** The key of the response's id, which the ids of its items share. */
  readonly key: string;
  /** What the names that the model calls mean, as far as it is not the same. */
  readonly names: ReadonlyMap<string, CalledTool>;
  /** Whether thoughts are also given as `encrypted_content`. */
  readonly sealsThoughts: boolean;
  /** How far another server has come with it; left out for a response that begins here. */
  readonly begun?: ResponseProgress;
  /**
   * Called with the response when it has ended; the client gets to know what this resolves with. Not called for one that
   * failed or was cancelled.
   */
  readonly onEnded: (response: ResponseObject) => Promise<ResponseObject>;
  /** Called with a response that failed or was cancelled after the client got to know its id. */
  readonly onStopped: (response: ResponseObject) => void;
}

/**
 * Writes one response in the events of OpenAI's Responses API. What comes is made into items, one after the other: thoughts,
 * messages and calls.
 *
 * A token costs one small `JSON.stringify` and a concatenation, because all deltas of an item begin alike.
 */
export class ResponseEncoder implements AnswerEncoder {
  readonly #options: ResponseEncoderOptions;
  readonly #output: OutputItem[] = [];
  #item: OpenItem | null = null;
  /** Around the text of the current item. */
  #frame: DeltaFrame = { head: '', tail: '' };
  #events: number;
  /** The identifiers of the calls so far. */
  readonly #calls: string[] = [];
  #isOver = false;

  constructor(options: ResponseEncoderOptions) {
    this.#options = options;
    this.#events = options.begun?.events ?? 0;
  }

  opening(): string {
    const response = this.#response('in_progress');
    return (
      this.#write({ type: 'response.created', response }) + this.#write({ type: 'response.in_progress', response })
    );
  }

  parts(parts: readonly AnswerPart[]): string {
    let events = '';
    for (const part of parts) events += this.#part(part);
    return events;
  }

  /** How the parts were cut into events, which have numbers, is not known here. */
  replay(parts: readonly AnswerPart[]): void {
    const events = this.#events;
    this.parts(parts);
    this.#events = events;
  }

  progress(): string {
    return writeProgress({ events: this.#events, calls: this.#calls });
  }

  async closing(reason: AnswerReason, timings: Timings): Promise<string> {
    const events = this.#lastItem(reason);
    const response = await this.#ended(reason, timings);
    const type = response.status === 'incomplete' ? 'response.incomplete' : 'response.completed';
    return events + this.#write({ type, response });
  }

  failure(error: ChatstreamError): string {
    // Clients expect this event first, even if they had to wait so long that nothing else was sent.
    const opening = this.#events === 0 ? this.opening() : '';
    const { code, advice: message } = error;
    const failure = { code: failureCode(error), error_code: code, message };
    const response = { ...this.#stopped('failed'), error: failure };
    this.#options.onStopped(response);
    return opening + this.#write({ type: 'response.failed', response });
  }

  /** The client is not interested any more. Ignored if the response has ended, or has not begun. */
  abandoned(): void {
    if (!this.#isOver && this.#events > 0) this.#options.onStopped(this.#stopped('cancelled'));
  }

  #stopped(status: 'failed' | 'cancelled'): ResponseObject {
    this.#isOver = true;
    if (this.#item !== null) this.#output.push(this.#itemWith('incomplete', this.#item));
    this.#item = null;
    return this.#response(status);
  }

  whole(parts: readonly AnswerPart[], reason: AnswerReason, timings: Timings): Promise<object> {
    this.parts(parts);
    this.#lastItem(reason);
    return this.#ended(reason, timings);
  }

  #part(part: AnswerPart): string {
    switch (part.type) {
      // The usual case, once per token.
      case 'content':
        return (this.#item?.type === 'message' ? '' : this.#begin('message')) + this.#content(part);
      case 'reasoning':
        return (this.#item?.type === 'reasoning' ? '' : this.#begin('reasoning')) + this.#delta(part.text);
      case 'call': {
        const { name } = part;
        const callId = this.#options.begun?.calls[this.#calls.length] ?? part.id;
        this.#calls.push(callId);
        const { type, called } = this.#options.names.get(name) ?? { type: 'function', called: { name } };
        if (type === 'function') {
          return this.#beginItem({ type: 'function_call', id: this.#newId('fc'), callId, called, text: '' });
        }
        const custom = { type: 'custom_tool_call', id: this.#newId('ctc'), callId, called } as const;
        return this.#beginItem({ ...custom, reading: new CustomInput(), text: '' });
      }
      // The arguments of a call follow it, before the next call begins.
      case 'arguments':
        if (this.#item?.type === 'custom_tool_call') return this.#input(this.#item.reading.push(part.text));
        return this.#delta(part.text);
      // Only of completions.
      case 'prompt':
        return '';
    }
  }

  #content({ text, logprobs: tokens }: Extract<AnswerPart, { type: 'content' }>): string {
    if (tokens === undefined || this.#item?.type !== 'message') return this.#delta(text);
    this.#item.logprobs.push(...tokens);
    this.#item.text += text;
    const fields = { logprobs: eventLogprobs(tokens), sequence_number: this.#events++ };
    return `${this.#frame.head}${JSON.stringify(text)},${JSON.stringify(fields).slice(1)}\n\n`;
  }

  #input(text: string): string {
    return text === '' ? '' : this.#delta(text);
  }

  #delta(text: string): string {
    if (this.#item !== null) this.#item.text += text;
    return `${this.#frame.head}${JSON.stringify(text)}${this.#frame.tail}${this.#events++}}\n\n`;
  }

  #begin(type: 'message' | 'reasoning'): string {
    if (type === 'reasoning') return this.#beginItem({ type, id: this.#newId('rs'), text: '' });
    return this.#beginItem({ type, id: this.#newId('msg'), text: '', logprobs: [] });
  }

  /** The index of the item that comes next counts the current one, which is not in the output yet. */
  #newId(prefix: ItemPrefix): string {
    const index = this.#output.length + (this.#item === null ? 0 : 1);
    return itemId(prefix, this.#options.key, 'out', index);
  }

  #beginItem(item: OpenItem): string {
    let events = this.#finish('completed');
    this.#item = item;
    const place = this.#placeOf(item);
    this.#frame = deltaFrame(item, place);
    events += this.#write({
      type: 'response.output_item.added',
      output_index: place.output_index,
      item: this.#itemWith('in_progress', item),
    });
    return events + this.#writeAll(eventsBeforeText(item, place));
  }

  /** Ends the current item, if there is one. */
  #finish(status: 'completed' | 'incomplete'): string {
    const item = this.#item;
    if (item === null) return '';
    const place = this.#placeOf(item);
    const rest = item.type === 'custom_tool_call' ? this.#input(item.reading.end()) : '';
    const finished = this.#itemWith(status, item);
    this.#item = null;
    this.#output.push(finished);
    const done = { type: 'response.output_item.done', output_index: place.output_index, item: finished } as const;
    return rest + this.#writeAll(eventsAfterText(item, place)) + this.#write(done);
  }

  #placeOf(item: OpenItem): ItemPlace {
    return { item_id: item.id, output_index: this.#output.length };
  }

  /** An empty answer becomes an empty message, so that the conversation has one. */
  #lastItem(reason: AnswerReason): string {
    const isEmpty = this.#item === null && this.#output.length === 0;
    const events = isEmpty ? this.#begin('message') : '';
    return events + this.#finish(reason === 'length' ? 'incomplete' : 'completed');
  }

  #itemWith(status: OutputItem['status'], item: OpenItem): OutputItem {
    return outputItem(item, status, this.#options.sealsThoughts);
  }

  #ended(reason: AnswerReason, timings: Timings): Promise<ResponseObject> {
    const isIncomplete = reason === 'length';
    this.#isOver = true;
    return this.#options.onEnded({
      ...this.#response(isIncomplete ? 'incomplete' : 'completed'),
      completed_at: isIncomplete ? null : Math.floor(Date.now() / 1000),
      incomplete_details: isIncomplete ? { reason: 'max_output_tokens' } : null,
      usage: usageOf(timings),
      timings: wireTimings(timings),
    });
  }

  #response(status: ResponseObject['status']): ResponseObject {
    const { id, object, created_at, background, ...others } = this.#options.fields;
    const beginning = { id, object, created_at, status, background, completed_at: null, error: null };
    return { ...beginning, incomplete_details: null, output: [...this.#output], ...others };
  }

  #writeAll(events: readonly UnnumberedEvent[]): string {
    return events.map((event) => this.#write(event)).join('');
  }

  #write(event: UnnumberedEvent): string {
    const { type, ...fields } = event;
    return sseEvent(type, { ...fields, sequence_number: this.#events++ });
  }
}
