import type { ReadableStream } from 'node:stream/web';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';
import { microsNow } from '../../src/core/base/micros.js';
import { createStreamingClient } from '../../src/core/bench/client/streaming-client.js';

/**
 * One way to read many streams at once, in a process of its own: `contender.js ours|fetch|bare URL STREAMS`. Prints its
 * CPU time in microseconds, all of its threads included, for a second pass over all streams.
 */
const [kind = '', url = '', streams = '0'] = process.argv.slice(2);
const body = JSON.stringify({ model: 'mock', messages: [{ role: 'user', content: 'Count, please.' }], stream: true });
const headers = { 'content-type': 'application/json' };
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, pipelining: 1 });

/** Reads one stream and returns how many chunks with text it had; each resolves when its stream has ended. */
const contenders: Readonly<Record<string, () => () => Promise<number>>> = {
  /** The load generator's client. */
  ours: () => {
    const client = createStreamingClient({ url, headers: {}, timeoutMs: 120_000 });
    return async () => {
      const outcome = await client.send(body, microsNow());
      if (outcome.status !== 'completed') throw new Error(`${outcome.code}: ${outcome.message}`);
      return outcome.tokenChunks;
    };
  },
  /** What anyone would write in ten minutes: fetch, a decoder, eventsource-parser, JSON.parse and a clock. */
  fetch: () => async () => {
    const times: number[] = [];
    const parser = createParser({
      onEvent({ data }) {
        if (data === '[DONE]') return;
        const chunk = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
        if (chunk.choices[0]?.delta.content) times.push(performance.now());
      },
    });
    const response = await fetch(url, { method: 'POST', headers, body });
    if (response.body === null) throw new Error('no body');
    const decoder = new TextDecoder();
    for await (const piece of response.body as ReadableStream<Uint8Array>) {
      parser.feed(decoder.decode(piece, { stream: true }));
    }
    return times.length;
  },
  /** The minimum: undici hands over the bytes, and nothing reads them. */
  bare: () => async () => {
    const response = await request(url, { dispatcher: agent, method: 'POST', headers, body });
    let pieces = 0;
    return new Promise((resolve, reject) => {
      response.body.on('data', () => (pieces += 1));
      response.body.on('end', () => {
        resolve(pieces);
      });
      response.body.on('error', reject);
    });
  },
};

const contender = contenders[kind]?.();
if (contender === undefined) throw new Error(`There is no contender "${kind}".`);

async function pass(read: () => Promise<number>): Promise<number> {
  const counts = await Promise.all(Array.from({ length: Number(streams) }, read));
  return counts.reduce((sum, count) => sum + count, 0);
}

await pass(contender); // pays for compiling and connecting
const before = process.cpuUsage();
const beginMs = performance.now();
const chunks = await pass(contender);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpuUs: user + system, wallMs: performance.now() - beginMs, chunks }));
process.exit(0);
