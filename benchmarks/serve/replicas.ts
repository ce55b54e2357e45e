import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRate } from '../support/decode-rate.js';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream } from '../support/processes.js';
import { median, ratios, spread } from '../support/statistics.js';
import { benchmarkModel } from '../support/test-models.js';

/**
 * Two CPU replicas of one thread each against one engine of two threads, with the same slots in all. Both servers are
 * measured in turns; the ratio is that of neighbours.
 *
 *     npm run benchmark serve/replicas [bundled|smollm2|gemma|synthetic] [rounds] [tokens of each stream]
 */
const [modelKind = 'bundled', rounds = '5', tokens = '128'] = process.argv.slice(2);
const slots = 8;

function start(model: string, ...more: readonly string[]): Promise<ServerProcess> {
  const size = ['-n', String(slots), '--context', '512'];
  return startChatstream(['-m', model, '--gpu', 'off', '--threads', '2', ...size, ...more]);
}

const folder = mkdtempSync(join(tmpdir(), 'chatstream-replicas-'));
try {
  const model = await benchmarkModel(modelKind, folder);
  const one = await start(model.path);
  const two = await start(model.path, '--replicas', '2');
  try {
    const rows: string[][] = [];
    for (const streams of [1, 2, slots]) {
      const load = { streams, promptTokens: 32, tokens: Number(tokens) };
      const rates = { one: [] as number[], two: [] as number[] };
      for (let round = 0; round <= Number(rounds); round += 1) {
        const [first, second] = [await decodeRate(one.url, load), await decodeRate(two.url, load)];
        // The first round warms both up.
        if (round === 0) continue;
        rates.one.push(first);
        rates.two.push(second);
      }
      const quotients = ratios(rates.two, rates.one);
      rows.push([String(streams), spread(rates.one, 0), spread(rates.two, 0), spread(quotients)]);
      console.error(`${streams} streams: ${median(quotients).toFixed(2)}`);
    }
    console.log(`Model: ${model.name}; ${rounds} rounds of ${tokens} tokens\n`);
    console.log(markdownTable(['streams', 'one engine, tokens/s', 'two engines, tokens/s', 'two ÷ one'], rows));
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
} finally {
  rmSync(folder, { recursive: true });
}
