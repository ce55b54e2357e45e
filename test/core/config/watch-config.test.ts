import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../../src/core/base/logger.js';
import { keyEntry } from '../../../src/core/config/key-entry.js';
import { type Config, readConfig } from '../../../src/core/config/read-config.js';
import { type ConfigUser, watchConfig, type WatchedConfig } from '../../../src/core/config/watch-config.js';
import { until } from '../../support/until.js';

describe('a configuration file that is watched', () => {
  let folder: string;
  let path: string;
  let watched: WatchedConfig;
  let seen: string[][];
  let log: string[];
  let problem: Error | null;
  let hasOtherKeys: boolean;
  let logger: Logger;
  let user: ConfigUser;

  const write = (...names: string[]): Promise<void> =>
    writeFile(path, `keys:\n${names.map((name) => keyEntry(name, `secret-${name}`).text).join('')}`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-config-'));
    path = join(folder, 'chatstream.yaml');
    seen = [];
    log = [];
    problem = null;
    hasOtherKeys = false;
    const note = (fields: object, message: string): void => {
      log.push(`${message} ${JSON.stringify(fields)}`);
    };
    logger = { debug: note, info: note, warn: note, error: note };
    await write('anna');
    user = {
      get hasOtherKeys() {
        return hasOtherKeys;
      },
      check: () => (problem === null ? Promise.resolve() : Promise.reject(problem)),
      onChange: ({ keys, anonymous }: Config) => {
        seen.push([...keys.map(({ name }) => name), ...(anonymous === null ? [] : ['anonymous'])]);
      },
    };
    watched = await watchConfig(path, await readConfig(path), logger, user, 20);
  });

  afterEach(async () => {
    watched.stop();
    await rm(folder, { recursive: true });
  });

  it('is read again when it is told to', async () => {
    await write('anna', 'ben');
    await watched.reload();
    expect(seen.at(-1)).toEqual(['anna', 'ben']);
  });

  it('stays as it was when it can no longer be read, and the log says why', async () => {
    await writeFile(path, 'keys: [{ name: cs-secret');
    await watched.reload();
    expect(seen).toEqual([]);
    expect(log.join('\n')).toContain('the old one stays in effect');
    expect(log.join('\n')).toContain('is not YAML');
    expect(log.join('\n')).not.toContain('cs-secret');
  });

  it('says that other settings have to wait', async () => {
    await writeFile(path, 'max-queue: 3\nanonymous: {}\n');
    await watched.reload();
    expect(seen.at(-1)).toEqual(['anonymous']);
    expect(log[0]).toContain('take effect at the next start');
    expect(log[0]).toContain('"settings":["max-queue"]');
  });

  it('is read again when it has changed', async () => {
    await write('anna', 'ben');
    await until(() => seen.at(-1)?.join() === 'anna,ben', 'both keys');
  });

  it('is read again if it has changed since the server read it, before it was watched', async () => {
    watched.stop();
    const started = await readConfig(path);
    await write('ben');
    watched = await watchConfig(path, started, logger, user, 60_000);
    expect(seen).toEqual([['ben']]);
  });

  it('is used once if it has not', () => {
    expect(seen).toEqual([]);
    expect(log).toEqual([]);
  });

  it('stays as it was read if it can no longer be used when it is watched', async () => {
    watched.stop();
    const started = await readConfig(path);
    await writeFile(path, '');
    watched = await watchConfig(path, started, logger, user, 60_000);
    expect(seen).toEqual([]);
    expect(log.join('\n')).toContain('would let everyone in');
    await write('anna', 'ben');
    await watched.reload();
    expect(seen).toEqual([['anna', 'ben']]);
  });

  it.each([
    ['is empty, as while an editor writes it', ''],
    ['has only other settings', 'max-queue: 3\n'],
    ['has an empty list of keys', 'keys: []\n'],
  ])('lets nobody in when it %s', async (_what, text) => {
    await writeFile(path, text);
    await watched.reload();
    expect(seen).toEqual([]);
    expect(log.join('\n')).toContain('would let everyone in');
    expect(log.join('\n')).toContain('restart it');
  });

  it('lets nobody in when even "anonymous" is gone', async () => {
    await writeFile(path, 'anonymous: {}\n');
    await watched.reload();
    await writeFile(path, '');
    await watched.reload();
    expect(seen.at(-1)).toEqual(['anonymous']);
    expect(log.at(-1)).toContain('would let everyone in');
  });

  it('may lose its last key if the server has others, which keep it closed', async () => {
    hasOtherKeys = true;
    await writeFile(path, 'keys: []\n');
    await watched.reload();
    // The watch may have read it as well.
    expect(seen.at(-1)).toEqual([]);
    expect(log.at(-1)).toContain('configuration was read again');
  });

  it('says if nothing in it has changed', async () => {
    await write('anna', 'ben');
    await watched.reload();
    expect(log.some((line) => line.startsWith('configuration was read again {'))).toBe(true);
    await watched.reload();
    expect(log.at(-1)).toContain('configuration was read again: nothing in it has changed');
  });

  it('is not used if the server could not start with it', async () => {
    problem = new Error('"max-concurency" is not a flag.');
    await write('anna', 'ben');
    await watched.reload();
    expect(seen).toEqual([]);
    expect(log.at(-1)).toContain('max-concurency');
  });
});
