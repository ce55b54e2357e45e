import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { CompletionEncoder } from '../../../../src/core/server/protocol/completions/completion-encoder.js';
import { StreamedAnswer } from '../../../../src/core/server/streaming/streamed-answer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** A connection whose client reads everything at once. */
class RecordingSocket extends Socket {
  /** What each write that reached the operating system would have sent. */
  readonly writes: string[] = [];

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, written: () => void): void {
    this.writes.push(chunk.toString());
    written();
  }

  override _writev(chunks: readonly { readonly chunk: Buffer | string }[], written: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()).join(''));
    written();
  }
}

/** A stream of a chat that has begun, without its first writes. */
async function openStream(): Promise<{ readonly answer: StreamedAnswer; readonly writes: string[] }> {
  const socket = new RecordingSocket();
  const request = new IncomingMessage(socket);
  Object.assign(request, { httpVersionMajor: 1, httpVersionMinor: 1 });
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  const head = { id: 'chatcmpl-1', created: 1, model: 'é', fingerprint: 'fp_1', serviceTier: null };
  const answer = new StreamedAnswer(response, new CompletionEncoder('chat', head, false), {
    writeTimeoutMs: 0,
    clock: new VirtualClock(),
    onBegin: () => undefined,
    onFailedBeforeBegin: () => undefined,
    onEnd: () => undefined,
  });
  answer.started({ promptTokens: 1, cachedTokens: 0 });
  answer.parts([{ type: 'content', text: 'The' }]);
  await nextTurn();
  socket.writes.length = 0;
  return { answer, writes: socket.writes };
}

const tokens = [' quick', ' brown', ' fox', ' \u{1f98a}'];

it('writes a token of a plain chat with one write, and turns nothing but its text into JSON', async () => {
  const { answer, writes } = await openStream();
  const stringify = vi.spyOn(JSON, 'stringify');
  try {
    for (const text of tokens) {
      answer.parts([{ type: 'content', text }]);
      await nextTurn();
    }
    expect(stringify.mock.calls).toEqual(tokens.map((text) => [text]));
  } finally {
    stringify.mockRestore();
  }
  expect(writes.map((write) => /"content":"(.*?)"/.exec(write)?.[1])).toEqual(tokens);
});

it('writes the tokens of several rounds that arrive together as one chunk, in which each has an event of its own', async () => {
  const { answer, writes } = await openStream();
  for (const text of tokens) answer.parts([{ type: 'content', text }]);
  await nextTurn();
  const [chunk = '', ...others] = writes;
  const [size = '', body = ''] = chunk.split('\r\n');
  expect(others).toEqual([]);
  expect(Number.parseInt(size, 16)).toBe(Buffer.byteLength(body));
  expect([...body.matchAll(/^data: .*"content":"(.*?)"/gm)].map(([, text]) => text)).toEqual(tokens);
});

it('writes what is due with the end', async () => {
  const { answer, writes } = await openStream();
  const timings = {
    queueMs: 0,
    prefillMs: 0,
    decodeMs: 0,
    promptTokens: 1,
    cachedTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
  };
  answer.parts([{ type: 'content', text: ' end' }]);
  answer.ended('stop', [], timings, null);
  await nextTurn();
  expect(writes).toHaveLength(1);
  expect(writes[0]).toMatch(/"content":" end".*"finish_reason":"stop".*\[DONE\]\n\n\r\n0\r\n\r\n$/s);
});
