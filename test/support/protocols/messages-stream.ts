import { type Static, Type } from 'typebox';
import { expect } from 'vitest';
import { messagesEvent } from '../../../src/core/server/schemas/messages/messages-answers.js';
import { parseAs } from '../parse-as.js';

const streamError = Type.Object({
  type: Type.Literal('error'),
  error: Type.Object({ type: Type.String(), message: Type.String() }),
});

type Event = Static<typeof messagesEvent>;
type Block = Extract<Event, { type: 'content_block_start' }>['content_block'];
type Delta = Extract<Event, { type: 'content_block_delta' }>['delta'];

const deltaOf = { text: 'text_delta', thinking: 'thinking_delta', tool_use: 'input_json_delta' } as const;

export interface CheckedMessage {
  /** The blocks, each with the text that its deltas add up to. */
  readonly blocks: readonly { readonly type: Block['type']; readonly text: string }[];
  /** How it ended; null if with an error. */
  readonly stopReason: string | null;
  /** The type of the error that ended it, if one did. */
  readonly error: string | null;
}

/**
 * Checks the events of a message against what Anthropic publishes: their shapes, order and indexes, that blocks have the
 * deltas of their type, and that the message ends once.
 */
export function checkedMessage(stream: readonly unknown[]): CheckedMessage {
  const last = stream.at(-1);
  const isFailed = typeof last === 'object' && last !== null && 'type' in last && last.type === 'error';
  const error = isFailed ? parseAs(streamError, last).error.type : null;
  const events = stream.slice(0, isFailed ? -1 : undefined).map((event) => parseAs(messagesEvent, event));
  const blocks: { type: Block['type']; text: string }[] = [];
  let isOpen = false;
  let stopReason: string | null = null;
  for (const [place, event] of events.entries()) {
    expect(event.type === 'message_start').toBe(place === 0);
    expect(event.type === 'message_stop').toBe(!isFailed && place === events.length - 1);
    switch (event.type) {
      case 'content_block_start':
        expect([isOpen, stopReason, event.index]).toEqual([false, null, blocks.length]);
        blocks.push({ type: event.content_block.type, text: '' });
        isOpen = true;
        break;
      case 'content_block_delta': {
        const block = blocks.at(-1);
        expect([isOpen, event.index]).toEqual([true, blocks.length - 1]);
        if (event.delta.type === 'signature_delta') break;
        expect(event.delta.type).toBe(block && deltaOf[block.type]);
        if (block !== undefined) block.text += textOf(event.delta);
        break;
      }
      case 'content_block_stop':
        expect([isOpen, event.index]).toEqual([true, blocks.length - 1]);
        isOpen = false;
        break;
      case 'message_delta':
        expect([isOpen, stopReason, place]).toEqual([false, null, events.length - 2]);
        stopReason = event.delta.stop_reason;
        break;
      case 'message_start':
      case 'message_stop':
      case 'ping':
        break;
    }
  }
  if (!isFailed) expect([isOpen, stopReason !== null]).toEqual([false, true]);
  return { blocks, stopReason, error };
}

function textOf(delta: Delta): string {
  switch (delta.type) {
    case 'text_delta':
      return delta.text;
    case 'thinking_delta':
      return delta.thinking;
    case 'input_json_delta':
      return delta.partial_json;
    case 'signature_delta':
      return '';
  }
}
