import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { markdownTable } from '../support/markdown.js';
import { startScript } from '../support/processes.js';
import { ratios, spread } from '../support/statistics.js';

/**
 * What measuring a stream costs the load generator: CPU time per token event, compared with clients that do more and
 * less. `client-cpu 600` measures 600 streams only.
 */
const roundMs = 20;
const tokens = 200;
const repeats = 5;
const kinds = { ours: 'our client', bare: 'undici request(), nothing parsed', fetch: 'fetch and eventsource-parser' };

type Kind = keyof typeof kinds;

interface Sample {
  readonly usPerEvent: number;
  /** CPU time over wall time. */
  readonly share: number;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function sampleOf(kind: Kind, url: string, streams: number): Promise<Sample> {
  const { stdout } = await promisify(execFile)(process.execPath, [file('contender.js'), kind, url, String(streams)]);
  const { cpuUs, wallMs, chunks } = JSON.parse(stdout) as { cpuUs: number; wallMs: number; chunks: number };
  const events = streams * tokens;
  if (kind !== 'bare' && chunks !== events) throw new Error(`${kind} saw ${chunks} of ${events} tokens`);
  return { usPerEvent: cpuUs / events, share: cpuUs / 1000 / wallMs };
}

async function rowsFor(streams: number): Promise<string[][]> {
  const server = await startScript(file('../serve/bare-http-server.js'), [String(roundMs), String(tokens)]);
  const samples: Record<Kind, Sample[]> = { ours: [], bare: [], fetch: [] };
  try {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      for (const kind of ['ours', 'bare', 'fetch'] as const) {
        samples[kind].push(await sampleOf(kind, `${server.url}/v1/chat/completions`, streams));
      }
    }
  } finally {
    await server.stop();
  }
  const us = (kind: Kind): number[] => samples[kind].map(({ usPerEvent }) => usPerEvent);
  return (['ours', 'bare', 'fetch'] as const).map((kind) => [
    String(streams),
    kinds[kind],
    spread(us(kind)),
    spread(samples[kind].map(({ share }) => share)),
    kind === 'ours' ? '1' : spread(ratios(us('ours'), us(kind))),
    kind === 'bare' ? 'at most 1.15' : '',
  ]);
}

const settings = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [200, 600];
const rows: string[][] = [];
for (const streams of settings) rows.push(...(await rowsFor(streams)));
console.log(
  markdownTable(['streams', 'client', 'CPU µs per token event', 'share of a core', 'our client ÷ this', 'aim'], rows),
);
