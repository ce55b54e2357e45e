import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FileStorageOptions, openFileStorage } from '../../../../src/core/server/store/file-storage.js';
import type { Storage, Store } from '../../../../src/core/server/store/store.js';
import { silentLogger } from '../../../support/silent-logger.js';
import { until } from '../../../support/until.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const isString = (value: unknown): value is string => typeof value === 'string';

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chatstream-store-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'store.db');
}

interface Opened {
  readonly storage: Storage;
  readonly responses: Store<string>;
  readonly conversations: Store<string>;
}

async function open(path: string, more: Partial<FileStorageOptions> = {}): Promise<Opened> {
  const clock = new VirtualClock();
  const storage = await openFileStorage({ path, ttlMs: 0, clock, logger: silentLogger, ...more });
  onTestFinished(() => storage.close());
  return {
    storage,
    responses: storage.collection('responses', isString),
    conversations: storage.collection('conversations', isString),
  };
}

const refusalOf = (path: string): Promise<unknown> =>
  open(path).then(
    () => 'opened',
    (error: unknown) => error,
  );

function changeDatabase(path: string, sql: string): void {
  const database = new sqlite.Database(path);
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec(sql);
  database.close();
}

async function filled(path: string): Promise<void> {
  const { storage, responses } = await open(path);
  for (let index = 0; index < 50; index += 1) await responses.set(`resp_${index}`, 'x'.repeat(5000));
  await storage.close();
}

describe('a store in a file', () => {
  it('has everything when it is opened again, each kind by itself', async () => {
    const path = newPath();
    const first = await open(path);
    await first.responses.set('a', 'response');
    await first.conversations.set('a', 'conversation');
    await first.conversations.set('b', 'deleted');
    await first.conversations.delete('b');
    await first.storage.close();
    const second = await open(path);
    expect(await second.responses.get('a')).toBe('response');
    expect([await second.conversations.get('a'), await second.conversations.get('b')]).toEqual(['conversation', null]);
  });

  it('remembers when it was used, also if nothing was written since', async () => {
    const path = newPath();
    const limits = { mostValues: 2 };
    const first = await open(path, { limits });
    await first.responses.set('a', 'a');
    await first.responses.set('b', 'b');
    await first.responses.get('a');
    await first.storage.close();
    const second = await open(path, { limits });
    await second.responses.set('c', 'c');
    expect([await second.responses.get('a'), await second.responses.get('b')]).toEqual(['a', null]);
  });

  it('counts the time in which no server runs', async () => {
    const path = newPath();
    const first = await open(path, { ttlMs: 1000, wallClock: () => 1_000_000 });
    await first.responses.set('a', 'a');
    await first.storage.close();
    const second = await open(path, { ttlMs: 1000, wallClock: () => 1_000_999 });
    expect(await second.responses.get('a')).toBe('a');
    await second.storage.close();
    const third = await open(path, { ttlMs: 1000, wallClock: () => 1_001_999 });
    expect(await third.responses.get('a')).toBeNull();
  });

  it('does not grow while old values make room', async () => {
    const path = newPath();
    const { storage, responses } = await open(path, { limits: { mostValues: 100 } });
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, (_, index) => responses.set(`${round}-${index}`, 'x'.repeat(5000))),
      );
    }
    await storage.close();
    // 100 values are half a megabyte; 2,000 would be ten.
    expect(statSync(path).size).toBeLessThan(2_000_000);
  });

  it('gives the space of what has expired back to the disk', async () => {
    const path = newPath();
    const clock = new VirtualClock();
    const options = { ttlMs: 1000, clock, wallClock: () => clock.now() };
    const filling = await open(path, options);
    await Promise.all(
      Array.from({ length: 2000 }, (_, index) => filling.responses.set(String(index), 'x'.repeat(5000))),
    );
    // Until it is closed, part of what was written is only in the log.
    await filling.storage.close();
    expect(statSync(path).size).toBeGreaterThan(8_000_000);
    const { responses } = await open(path, options);
    // Answered after the sweep at the start, so that the next one waits for the clock.
    expect(await responses.get('0')).toHaveLength(5000);
    clock.advance(61_000);
    // What is given back is first in the log, which is copied into the file from time to time.
    await until(async () => {
      await responses.set('now', 'x'.repeat(100_000));
      return statSync(path).size < 5_000_000;
    }, 'a smaller file');
  });

  it('is one at a time', async () => {
    const path = newPath();
    const { storage } = await open(path);
    expect(await refusalOf(path)).toMatchObject({ code: 'usage', message: expect.stringMatching(/in use/) as string });
    await storage.close();
    expect(await refusalOf(path)).toBe('opened');
  });

  it('is the same file under every name', async () => {
    const path = newPath();
    symlinkSync(path, `${path}.link`);
    const { storage, responses } = await open(`${path}.link`);
    await responses.set('a', 'a');
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    expect(await refusalOf(path)).toMatchObject({ code: 'usage' });
    await storage.close();
    expect(await (await open(path)).responses.get('a')).toBe('a');
  });

  it('can be opened although an earlier process was killed', async () => {
    const path = newPath();
    await filled(path);
    mkdirSync(`${path}.lock`);
    expect(await (await open(path)).responses.get('resp_7')).toBe('x'.repeat(5000));
  });
});

describe('a file that is not opened', () => {
  it('is one of something else', async () => {
    const path = newPath();
    writeFileSync(path, 'My notes. '.repeat(1000));
    expect(await refusalOf(path)).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/not a file/) as string,
    });
    expect(readFileSync(path, 'utf8')).toBe('My notes. '.repeat(1000));
  });

  it('is a database of something else', async () => {
    const path = newPath();
    changeDatabase(path, 'CREATE TABLE notes (text TEXT)');
    expect(await refusalOf(path)).toMatchObject({ message: expect.stringMatching(/not a file in which/) as string });
  });

  it('is from a newer version', async () => {
    const path = newPath();
    await filled(path);
    changeDatabase(path, 'PRAGMA user_version = 2');
    expect(await refusalOf(path)).toMatchObject({
      message: expect.stringMatching(/newer version of chatstream \(format 2, this one reads 1\)/) as string,
      hint: expect.stringMatching(/Update chatstream/) as string,
    });
  });

  it('is damaged', async () => {
    const path = newPath();
    await filled(path);
    truncateSync(path, 20_000);
    expect(await refusalOf(path)).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/is damaged: .*malformed/) as string,
      hint: expect.stringMatching(/backup/) as string,
    });
  });

  it('is in no folder', async () => {
    expect(await refusalOf(join(newPath(), 'none', 'store.db'))).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/cannot be used: there is no such file or folder\.$/) as string,
      hint: expect.stringMatching(/folder that exists/) as string,
    });
  });
});
