import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyEntry } from '../../../src/core/config/key-entry.js';
import { readConfig } from '../../../src/core/config/read-config.js';
import { watchConfig, type WatchedConfig } from '../../../src/core/config/watch-config.js';

describe('a configuration file that is watched', () => {
  let folder: string;
  let path: string;
  let watched: WatchedConfig;
  let seen: string[][];
  let log: string[];

  const write = (...names: string[]): Promise<void> =>
    writeFile(path, `keys:\n${names.map((name) => keyEntry(name, `secret-${name}`).text).join('')}`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-config-'));
    path = join(folder, 'chatstream.yaml');
    seen = [];
    log = [];
    const note = (fields: object, message: string): void => {
      log.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger = { debug: note, info: note, warn: note, error: note };
    await write('anna');
    watched = watchConfig(path, await readConfig(path), logger, ({ keys }) => {
      seen.push(keys.map(({ name }) => name));
    });
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
    await writeFile(path, 'max-queue: 3\n');
    await watched.reload();
    expect(log[0]).toContain('take effect at the next start');
  });
});
