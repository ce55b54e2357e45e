import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ChunkedWriter } from '../../../../src/core/server/streaming/chunked-writer.js';

/** What a client receives of a body that is written in this way. */
async function received(write: (writer: ChunkedWriter) => Promise<void>): Promise<string> {
  const answer = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const writer = new ChunkedWriter(response, { onFull: () => undefined, onDrain: () => undefined });
    await write(writer);
    writer.end('.');
  };
  const server = createServer((_request, response) => void answer(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await (await fetch(`http://127.0.0.1:${port}/`)).text();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('ChunkedWriter', () => {
  it('keeps the order of pieces that are written in one turn of the event loop', async () => {
    const text = await received((writer) => {
      for (const piece of ['a', 'b', 'c', 'd']) writer.write(piece);
      return Promise.resolve();
    });
    expect(text).toBe('abcd.');
  });

  it('does not end with an empty piece', async () => {
    const text = await received(async (writer) => {
      for (const piece of ['a', '', 'b']) {
        writer.write(piece);
        for (let turns = 0; turns < 20; turns += 1) await nextTurn();
      }
    });
    expect(text).toBe('ab.');
  });

  it('keeps it over many turns, and with multi-byte text', async () => {
    const pieces = Array.from({ length: 200 }, (_, index) => `${index}é猫`);
    const text = await received(async (writer) => {
      for (const [index, piece] of pieces.entries()) {
        writer.write(piece);
        if (index % 3 === 0) await nextTurn();
      }
    });
    expect(text).toBe(`${pieces.join('')}.`);
  });
});
