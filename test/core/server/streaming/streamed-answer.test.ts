import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import type { AnswerEncoder } from '../../../../src/core/server/protocol/answer-encoder.js';
import type { StreamOptions } from '../../../../src/core/server/streaming/event-stream.js';
import { StreamedAnswer } from '../../../../src/core/server/streaming/streamed-answer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const encoder: AnswerEncoder = {
  opening: () => '<opening>',
  parts: (parts) => parts.map((part) => ('text' in part ? part.text : part.type)).join(''),
  replay: () => undefined,
  closing: () => '<closing>',
  failure: () => '<failure>',
  whole: () => ({}),
};

/** A response that accepts every piece, and says after each that it has enough. */
class FullResponse extends ServerResponse {
  readonly pieces: string[] = [];

  override write(piece: string): boolean {
    this.pieces.push(piece);
    return false;
  }
}

function options(): StreamOptions {
  return {
    writeTimeoutMs: 0,
    clock: new VirtualClock(),
    onBegin: () => undefined,
    onFailedBeforeBegin: () => undefined,
    onEnd: () => undefined,
  };
}

it('opens a stream before the first part, also if its client was too slow for the comments before', () => {
  const response = new FullResponse(new IncomingMessage(new Socket()));
  const answer = new StreamedAnswer(response, encoder, options());
  answer.stream.comment('queued position=1');
  answer.started({ promptTokens: 1, cachedTokens: 0 });
  answer.parts([{ type: 'content', text: 'Hel' }]);
  answer.parts([{ type: 'content', text: 'lo' }]);
  response.emit('drain');
  expect(response.pieces).toEqual([': queued position=1\n\n', '<opening>Hello']);
});

it('tells no tokens while the probability of one is still to come', () => {
  const response = new FullResponse(new IncomingMessage(new Socket()));
  const answer = new StreamedAnswer(response, encoder, options(), { isResumed: true });
  answer.token?.(1, true);
  answer.parts([{ type: 'content', text: 'Hel' }]);
  response.emit('drain');
  answer.token?.(2, false);
  answer.parts([{ type: 'content', text: 'lo' }]);
  expect(response.pieces).toEqual(['Hel', 'lo: tokens 1,2\n\n']);
});
