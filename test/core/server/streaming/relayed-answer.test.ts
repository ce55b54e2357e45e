import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
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

describe('a stream that breaks off in the middle of an event', () => {
  const event = 'data: {"delta":"Hi"}\n\n';

  it.each([
    ['is passed on without that', 'data: {"del', 20_000, `${event}: generating\n\ndata: failed\n\n`],
    [
      'ends that where it is so long that it has been passed on',
      `data: ${'x'.repeat(1024 * 1024)}`,
      Infinity,
      `${event}data: x\n\ndata: failed\n\n`,
    ],
  ])('%s', async (_what, begun, pauseMs, passed) => {
    const clock = new VirtualClock();
    const ignore = (): void => undefined;
    const server = createServer((_request, response) => {
      const relayed = new RelayedStream(response, {
        ...{ writeTimeoutMs: 0, clock, onBegin: ignore, onFailedBeforeBegin: ignore, onEnd: ignore },
        ...{ onExecutor: ignore, onWhole: ignore, refusal: () => '', failure: () => 'data: failed\n\n' },
      });
      relayed.started();
      relayed.begun('one');
      relayed.data(Buffer.from(event));
      relayed.data(Buffer.from(begun));
      if (Number.isFinite(pauseMs)) clock.advance(pauseMs);
      relayed.failed(new ChatstreamError('upstream_failed', 'no'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    // A server that listens on a port has an address of this form.
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const text = await answer.text();
    expect(text.replaceAll(/x+/g, 'x')).toBe(passed);
  });
});
