import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { WholeAnswer } from '../../../../src/core/executor/upstream/exchange/failure.js';
import { RelayedStream } from '../../../../src/core/server/streaming/relayed-answer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

describe('a stream that an upstream answers with one body', () => {
  it('is sent that, and nothing afterwards to keep the connection alive', () => {
    const clock = new VirtualClock();
    const sent: (string | WholeAnswer)[] = [];
    const relayed = new RelayedStream(new ServerResponse(new IncomingMessage(new Socket())), {
      ...{ writeTimeoutMs: 0, clock },
      onBegin: () => sent.push('begin'),
      onFailedBeforeBegin: ({ code }) => sent.push(code),
      onEnd: () => sent.push('end'),
      onExecutor: (name) => sent.push(name),
      onWhole: (answer) => sent.push(answer),
      failure: () => '',
      refusal: () => '',
    });
    const refusal = { status: 400, headers: {}, body: Buffer.from('{}') };
    relayed.started();
    relayed.whole(refusal, 'one');
    clock.advance(60_000);
    expect(sent).toEqual(['one', refusal]);
  });
});
