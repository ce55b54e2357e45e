import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { member } from '../../src/core/base/json.js';
import { keyEntry } from '../../src/core/config/key-entry.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-reload-'));
const path = join(folder, 'chatstream.yaml');

/** The entry of a key whose name is also its secret. */
function entry(name: string, ...settings: readonly string[]): string {
  return keyEntry(name, name).text + settings.map((each) => `    ${each}\n`).join('');
}

/** Written as editors do it: there is never half a file. */
function write(text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

async function statusFor(server: ServerProcess, key: string): Promise<number> {
  return (await fetch(`${server.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } })).status;
}

describe('a configuration file that is read again on SIGHUP', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    write(`max-queue: 9\nkeys:\n${entry('anna')}`);
    server = await startServer(['--engine', 'mock', '--threads', '2', '--config', path, '-n', '4']);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['is not YAML', 'keys: [{ name: anna', 'is not YAML'],
    ['has a flag that there is not', `max-concurency: 3\nkeys:\n${entry('ben')}`, 'max-concurency'],
    ['has a flag with a wrong value', `max-queue: many\nkeys:\n${entry('ben')}`, 'max-queue'],
    ['reserves all places', `keys:\n${entry('ben', 'reserve: 4')}`, 'reserve 4 places together'],
    ['would let everyone in', 'max-queue: 9\n', 'would let everyone in'],
    ['is empty', '', 'would let everyone in'],
  ])('changes nothing if it %s, and the log says why', async (_what, text, reason) => {
    const refusals = (): readonly unknown[] =>
      server.log.filter((line) => String(member(line, 'msg')).startsWith('configuration is not used'));
    const before = refusals().length;
    write(text);
    server.signal('SIGHUP');
    // It is also looked at every second: the log may say just now that it was read once more as it was before.
    const refused = await until(
      () =>
        refusals()
          .slice(before)
          .find((line) => String(member(line, 'error')).includes(reason)),
      `the file to be refused with "${reason}"`,
    );
    expect(refused).toMatchObject({ level: 'error', config: path });
    expect([await statusFor(server, 'anna'), await statusFor(server, 'ben')]).toEqual([200, 401]);
  });

  it('counts from then on if it is in order', async () => {
    write(`keys:\n${entry('ben')}`);
    server.signal('SIGHUP');
    await until(async () => (await statusFor(server, 'ben')) === 200, 'the new key');
    expect(await statusFor(server, 'anna')).toBe(401);
  });

  it('keeps a flag that the engine does not use in the log', () => {
    expect(server.log).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: '--threads has no effect with --engine mock' }),
    );
  });
});
