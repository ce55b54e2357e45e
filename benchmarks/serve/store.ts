import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/core/base/clock.js';
import { LoopDelay } from '../../src/core/bench/record/loop-delay.js';
import { openFileStorage } from '../../src/core/server/store/file-storage.js';
import { memoryStorage } from '../../src/core/server/store/memory-store.js';
import type { Storage, StoreLimits } from '../../src/core/server/store/store.js';
import { markdownTable } from '../support/markdown.js';
import { quantile, spread } from '../support/statistics.js';

/**
 * What it costs to keep responses in a file (--store): how late the thread that streams tokens is while values are stored,
 * how long a value takes until it is on the disk, and whether limits hold with a million values.
 *
 * Arguments: how many values (1,000,000), and how many of them are kept (100,000).
 */
const [total = 1_000_000, mostValues = 100_000] = process.argv.slice(2).map(Number);
const repetitions = 5;
const perSecond = 100;
const seconds = 6;

interface Value {
  readonly response: { readonly id: string; readonly output: string };
}

const isValue = (value: unknown): value is Value => typeof value === 'object' && value !== null && 'response' in value;
const text = 'A turn of a chat takes some kilobytes, with what it repeats of its request. '.repeat(40);
const valueOf = (id: string): Value => ({ response: { id, output: text } });

const folder = mkdtempSync(join(tmpdir(), 'chatstream-store-benchmark-'));
const logger = { debug: ignore, info: ignore, warn: console.error, error: console.error };

function ignore(): void {
  // Only failures are of interest.
}

function inFile(name: string, limits: Partial<StoreLimits> = {}): Promise<Storage> {
  return openFileStorage({ path: join(folder, name), ttlMs: 0, limits, clock: systemClock, logger });
}

interface Streamed {
  readonly lateUs: number;
  /** How long the thread itself was busy with each value, in microseconds. */
  readonly busyUs: number[];
  /** How long it took until each value was kept, in milliseconds. */
  readonly writes: number[];
}

async function stream(storage: Storage | null): Promise<Streamed> {
  const store = storage?.collection('responses', isValue);
  const delay = await LoopDelay.open();
  delay.begin();
  const writes: number[] = [];
  const busyUs: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let index = 0; performance.now() < end; index += 1) {
    const start = performance.now();
    void store?.set(`resp_${index}`, valueOf(String(index))).then(() => writes.push(performance.now() - start));
    busyUs.push(1000 * (performance.now() - start));
    await pause(1000 / perSecond);
  }
  const histogram = delay.end();
  await delay.close();
  return { lateUs: 1000 * (histogram.quantileMs(99) ?? Number.NaN), busyUs, writes };
}

const late = { nothing: [] as number[], memory: [] as number[], file: [] as number[] };
const busy = { memory: [] as number[], file: [] as number[] };
const writes: number[] = [];
const file = await inFile('stream.db');
for (let repetition = 0; repetition < repetitions; repetition += 1) {
  late.nothing.push((await stream(null)).lateUs);
  const inMemory = await stream(memoryStorage(0, systemClock));
  late.memory.push(inMemory.lateUs);
  busy.memory.push(...inMemory.busyUs);
  const stored = await stream(file);
  late.file.push(stored.lateUs);
  busy.file.push(...stored.busyUs);
  writes.push(...stored.writes);
}
await file.close();
console.log(`${perSecond} values of ${(text.length / 1000).toFixed(1)} kB per second:\n`);
console.log(
  markdownTable(
    [
      'kept in',
      'how late the thread is, 99th percentile',
      'its time per value, median',
      'time until a value is kept, median',
      '99th percentile',
    ],
    [
      ['nothing', `${spread(late.nothing, 0)} µs`, '', '', ''],
      ['memory', `${spread(late.memory, 0)} µs`, `${quantile(busy.memory, 0.5).toFixed(0)} µs`, '', ''],
      [
        'a file',
        `${spread(late.file, 0)} µs`,
        `${quantile(busy.file, 0.5).toFixed(0)} µs`,
        `${quantile(writes, 0.5).toFixed(2)} ms`,
        `${quantile(writes, 0.99).toFixed(2)} ms`,
      ],
    ],
  ),
);

const many = await inFile('many.db', { mostValues, mostBytes: Number.MAX_SAFE_INTEGER });
const store = many.collection('responses', isValue);
const rows: string[][] = [];
const start = performance.now();
for (let first = 0; first < total; first += 1000) {
  await Promise.all(
    Array.from({ length: 1000 }, (_, index) => store.set(`resp_${first + index}`, valueOf(String(index)))),
  );
  if ((first + 1000) % (total / 10) === 0) {
    const elapsed = (performance.now() - start) / 1000;
    const bytes = statSync(join(folder, 'many.db')).size + statSync(join(folder, 'many.db-wal')).size;
    const rss = process.memoryUsage.rss();
    rows.push([
      (first + 1000).toLocaleString('en'),
      elapsed.toFixed(0),
      (bytes / 1e6).toFixed(0),
      (rss / 2 ** 20).toFixed(0),
    ]);
  }
}
console.log(`\n${total.toLocaleString('en')} values, of which ${mostValues.toLocaleString('en')} are kept:\n`);
console.log(markdownTable(['values', 'seconds', 'file, MB', 'memory of the process, MiB'], rows));
const kept = await Promise.all(
  [total - 1, total - mostValues, total - mostValues - 1].map((index) => store.get(`resp_${index}`)),
);
console.log(
  `\nThe newest, the oldest that is kept, the one before: ${kept.map((value) => value !== null).join(', ')}.`,
);
const closing = performance.now();
await many.close();
const closed = performance.now();
await (await inFile('many.db', { mostValues, mostBytes: Number.MAX_SAFE_INTEGER })).close();
console.log(
  `Closing took ${(closed - closing).toFixed(0)} ms, opening and closing ${(performance.now() - closed).toFixed(0)} ms.`,
);
rmSync(folder, { recursive: true });
