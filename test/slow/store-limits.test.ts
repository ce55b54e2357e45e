import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openFileStorage } from '../../src/core/server/store/file-storage.js';
import { MemoryStore } from '../../src/core/server/store/memory-store.js';
import type { Storage, Store, StoreLimits } from '../../src/core/server/store/store.js';
import { silentLogger } from '../support/silent-logger.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** A response, as far as a store cares. */
interface Value {
  readonly id: number;
  readonly text: string;
}

const isValue = (value: unknown): value is Value => typeof value === 'object' && value !== null && 'text' in value;

/** Stored at once, as by many clients. */
const batch = 1000;
const mostValues = 10_000;
const million = 1_000_000;
/** In the file. A multiple of 100,000. */
const inFile = Number(process.env['CHATSTREAM_TEST_STORED_RESPONSES'] ?? million);
const ttlMs = 60_000;

/** Values in three parts, each of which ends with another limit in force. */
const parts = [
  { name: 'count', share: 0.4, text: 'a short answer', stepMs: 0 },
  { name: 'bytes', share: 0.3, text: 'a longer answer '.repeat(90), stepMs: 0 },
  { name: 'age', share: 0.3, text: 'a short answer', stepMs: 25_000 },
];

/** Batches younger than the time to live: those 0, 25 and 50 seconds old. */
const youngBatches = 3;

interface Filled {
  /** How many values are stored in all. */
  readonly total: number;
  readonly store: Store<Value>;
  readonly advance: (ms: number) => void;
  /** How many values of such a text may be kept, by their bytes alone. */
  readonly fitting: (value: Value) => number;
  /** Throws where something grows beyond its bound. Called ten times in each part. */
  readonly assertBounded: () => void;
}

async function fill({ total, store, advance, fitting, assertBounded }: Filled): Promise<void> {
  let next = 0;
  for (const { name, share, text, stepMs } of parts) {
    const values = Math.round(total * share);
    const end = next + values;
    while (next < end) {
      advance(stepMs);
      const ids = Array.from({ length: batch }, (_, index) => next + index);
      await Promise.all(ids.map((id) => store.set(`resp_${id}`, { id, text })));
      next += batch;
      if ((end - next) % (values / 10) === 0) assertBounded();
    }
    const limit = name === 'age' ? youngBatches * batch : Math.min(mostValues, fitting({ id: next - 1, text }));
    expect(limit, name).toBeLessThanOrEqual(mostValues);
    const kept = (await store.list(null, mostValues + 1)) ?? [];
    // Exactly the newest ones, in their order.
    expect(kept.length, name).toBe(limit);
    expect(kept[0], name).toEqual({ id: next - limit, text });
    expect(kept.at(-1), name).toEqual({ id: next - 1, text });
    expect(await store.get(`resp_${next - limit - 1}`), name).toBeNull();
    expect(await store.get('resp_0'), name).toBeNull();
    expect(await store.get(`resp_${next - 1}`), name).toEqual({ id: next - 1, text });
  }
  expect(next).toBe(total);
}

describe('very many responses', { timeout: 240_000 }, () => {
  it(`keep to the limits of the store in memory: ${million.toLocaleString('en')}`, async () => {
    const clock = new VirtualClock();
    const limits: StoreLimits = { mostValues, mostBytes: 40_000_000, ttlMs };
    const store = new MemoryStore<Value>(limits, clock);
    await fill({
      total: million,
      store,
      advance: (ms) => {
        clock.advance(ms);
      },
      fitting: (value) => Math.floor(limits.mostBytes / (2048 + 2 * JSON.stringify(value).length)),
      assertBounded: () => {
        expect(store.size).toBeLessThanOrEqual(mostValues);
        expect(store.bytes).toBeLessThanOrEqual(limits.mostBytes);
        expect(store.bytes).toBeGreaterThan(0);
        // What has expired is dropped, and not only hidden; what is left belongs to one timer.
        expect(clock.pending).toBe(1);
      },
    });
    clock.advance(2 * ttlMs);
    expect([store.size, store.bytes]).toEqual([0, 0]);
  });

  const inTime = { timeout: Math.max(240_000, inFile) };
  it(`keep to the limits of a file, which stays small: ${inFile.toLocaleString('en')}`, inTime, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chatstream-million-'));
    const path = join(folder, 'store.db');
    const clock = new VirtualClock();
    let nowMs = 1_700_000_000_000;
    const limits: StoreLimits = { mostValues, mostBytes: 8_000_000, ttlMs };
    const open = (): Promise<Storage> =>
      openFileStorage({ path, ttlMs, clock, logger: silentLogger, wallClock: () => nowMs, limits });
    let storage = await open();
    onTestFinished(async () => {
      await storage.close();
      rmSync(folder, { recursive: true });
    });
    const bytesOnDisk = (): number => statSync(path).size + statSync(`${path}-wal`).size;
    let most = 0;
    let resident = 0;
    let checks = 0;
    await fill({
      total: inFile,
      store: storage.collection('responses', isValue),
      advance: (ms) => {
        nowMs += ms;
        clock.advance(ms);
      },
      fitting: (value) => Math.floor(limits.mostBytes / (256 + Buffer.byteLength(JSON.stringify(value)))),
      assertBounded: () => {
        checks += 1;
        most = Math.max(most, bytesOnDisk());
        // By then, the heaps have their usual size.
        if (checks === 5) resident = process.memoryUsage.rss();
      },
    });
    expect(checks).toBe(30);
    expect(most).toBeLessThan(3 * limits.mostBytes);
    expect(process.memoryUsage.rss() - resident).toBeLessThan(150 * 2 ** 20);

    const young = youngBatches * batch;
    await storage.close();
    storage = await open();
    const reopened = storage.collection('responses', isValue);
    const kept = (await reopened.list(null, mostValues + 1)) ?? [];
    expect(kept.map(({ id }) => id)).toEqual(Array.from({ length: young }, (_, index) => inFile - young + index));
    // One more than there is room for beside these.
    const more = Array.from({ length: mostValues - young + 1 }, (_, index) => inFile + index);
    await Promise.all(more.map((id) => reopened.set(`resp_${id}`, { id, text: '' })));
    const full = (await reopened.list(null, mostValues + 1)) ?? [];
    expect([full.length, full[0]?.id]).toEqual([mostValues, inFile - young + 1]);
  });
});
