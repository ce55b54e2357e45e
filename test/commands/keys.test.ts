import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BaseCommand } from '../../src/cli/command/base-command.js';
import ConfigCheck from '../../src/commands/config/check.js';
import KeysNew from '../../src/commands/keys/new.js';
import { digestOf } from '../../src/core/config/key-settings.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let printed: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-keys-'));
  printed = [];
  vi.spyOn(BaseCommand.prototype, 'log').mockImplementation((text = '') => {
    printed.push(text);
  });
  vi.spyOn(BaseCommand.prototype, 'logToStderr').mockImplementation((text = '') => {
    printed.push(text);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function fileWith(text: string): string {
  const path = join(folder, 'chatstream.yaml');
  writeFileSync(path, text);
  return path;
}

describe('keys new', () => {
  it('prints a key and the entry that accepts it, which config check accepts', async () => {
    await KeysNew.run(['anna'], root);
    const [said = ''] = printed;
    const key = /key +(cs-[\w-]{43})/.exec(said)?.[1] ?? '';
    expect(said).toContain(createHash('sha256').update(key).digest('hex'));
    const entry = said.slice(said.indexOf('keys:'));
    expect(entry).not.toContain(key);
    await ConfigCheck.run([fileWith(entry)], root);
    expect(printed.at(-1)).toContain('is valid; keys: anna');
  });
});

describe('keys new without a name that a key may have', () => {
  it.each(['Müller', 'anna b', '', '-'])('says what names are like: %j', async (name) => {
    await expect(KeysNew.run(['--', name], root)).rejects.toThrow();
    expect(printed).toEqual([
      `error: ${JSON.stringify(name)} cannot be the name of a key.`,
      'Write up to 64 letters (a to z), digits and _ . @ -, with a letter or a digit first.',
    ]);
  });
});

/** Lines of a file, each with what is said about it. */
const wrongValues: [line: string, problem: string][] = [
  ['max-queue: many', '"max-queue": '],
  ['queue-timeout: soon', '"queue-timeout": '],
  ['queue-policy: fairr', 'Did you mean "queue-policy" fair?'],
  ['log-level: loud', '"log-level": '],
  ['port: 70000', '"port": '],
  ['threads: some', '"threads": '],
  ['embeddings: on', '"embeddings"'],
];

const rightValues: string[] = ['class-patience: 5s', 'alias: [a, b]', 'ttft-target: 2s', 'no-console: true'];

const reserve = `keys: [{ name: anna, sha256: ${'a'.repeat(64)}, reserve: 1 }]\n`;

/** Files, each with what needs what, and the variable that may bring it. */
const incomplete: [text: string, needs: [needing: string, missing: string, variable: string][]][] = [
  ['cluster-creds: nats.creds\n', [['cluster-creds', '--cluster', 'CHATSTREAM_CLUSTER']]],
  ['cluster-ca: ca.pem\n', [['cluster-ca', '--cluster', 'CHATSTREAM_CLUSTER']]],
  [
    'cluster-cert: a.pem\n',
    [
      ['cluster-cert', '--cluster', 'CHATSTREAM_CLUSTER'],
      ['cluster-cert', '--cluster-key', 'CHATSTREAM_CLUSTER_KEY'],
    ],
  ],
  ['cluster: nats://10.0.0.1\ncluster-key: a.pem\n', [['cluster-key', '--cluster-cert', 'CHATSTREAM_CLUSTER_CERT']]],
  ['cluster: nats://10.0.0.1\ncluster-cert: a.pem\ncluster-key: b.pem\ncluster-creds: c.creds\n', []],
];

describe('config check', () => {
  it('warns of models of keys that the file does not have, if it names its models', async () => {
    const key = `keys: [{ name: anna, sha256: ${'a'.repeat(64)}, models: [nonesuch] }]\n`;
    expect(await ConfigCheck.run([fileWith(`model: chat=x.gguf\n${key}`)], root)).toMatchObject({
      warnings: [expect.stringContaining('may use a model "nonesuch", which this server does not have')],
    });
    expect(printed.join('\n')).toContain('Warning: the key "anna" may use a model "nonesuch"');
    expect(await ConfigCheck.run([fileWith(key)], root)).toMatchObject({ warnings: [] });
  });

  it.each([
    ['upstream: ["http://gpu1:8000,foo=1"]\n', '"foo" is not a setting'],
    ['upstream: ["http://gpu1:8000,slots=0"]\n', 'slots is not a number from 1'],
    ['upstream: ["http://gpu1:8000,key=secret"]\n', 'key is not env: and the name of a variable'],
    ['upstream: [http://gpu1:8000, http://gpu1:8000]\n', 'chatstream.yaml: Two upstreams have the name "gpu1:8000"'],
    [
      'upstream: [http://gpu1:8000]\ncluster: nats://gpu1\n',
      'chatstream.yaml: Either the nodes of "cluster" generate, or the servers of "upstream"',
    ],
    ['cluster: http://gpu1\n', 'chatstream.yaml: "cluster" does not name a NATS server'],
    ['cluster: nats://gpu1\nmodel: a.gguf\n', 'chatstream.yaml: "model" has no effect with "cluster"'],
    [
      'model: a.gguf\ncluster-ca: ca.pem\n',
      'chatstream.yaml: "cluster-ca" is for the front of a cluster, where "model" has no effect.',
    ],
    [
      'upstream: [http://gpu1:8000]\ncluster-creds: nats.creds\n',
      'chatstream.yaml: "cluster-creds" is for the front of a cluster, where "upstream" has no effect.',
    ],
    ['slots: 2\nmax-concurrency: 4\n', 'chatstream.yaml: "slots" 2 is less than "max-concurrency" 4'],
    ['replicas: 8\nmax-concurrency: 4\n', '8 engines cannot share 4 slots'],
    ['model: [a=x.gguf, b=y.gguf]\nalias: b\n', 'chatstream.yaml: "alias" b is the name of another model'],
    ['model: [a=x.gguf, a=y.gguf]\n', 'chatstream.yaml: Two models have the name "a"'],
    ['slots: 4\nclasses: { interactive: { reserve: 4 } }\n', 'chatstream.yaml: Keys and classes reserve 4 places'],
  ])('refuses %j, with which a server could not start', async (text, problem) => {
    await expect(ConfigCheck.run([fileWith(text)], root)).rejects.toThrow();
    expect(printed.join('\n')).toContain(problem);
  });

  it.each([
    'upstream: ["http://gpu1:8000,key=env:NOT_SET_HERE"]\n',
    'slots: 2\n',
    'replicas: 8\n',
    'slots: 8\nreplicas: 8\n',
  ])('leaves to the command line and the environment what %j does not say', async (text) => {
    await ConfigCheck.run([fileWith(text)], root);
    expect(printed.at(-1)).toContain('is valid');
  });

  it.each(incomplete)('notes what else the server needs with %j', async (text, needs) => {
    const notes = needs.map(
      ([needing, missing, variable]) =>
        `"${needing}" needs ${missing}, which is not in the file: set it there, on the command line or in ${variable}`,
    );
    expect(await ConfigCheck.run([fileWith(text)], root)).toMatchObject({ notes, warnings: [] });
    expect(printed).toEqual([...notes.map((note) => `Note: ${note}.`), expect.stringContaining('is valid')]);
  });

  it('leaves the number of slots to the command line if the file does not have it', async () => {
    await ConfigCheck.run([fileWith(reserve.replace('reserve: 1', 'reserve: 20'))], root);
    expect(printed.at(-1)).toContain('is valid; keys: anna');
  });

  it('accepts flags and says that there are no keys', async () => {
    await ConfigCheck.run([fileWith('max-queue: 9\nqueue-timeout: 5s\nalias: [a, b]\nlog-level: warn\n')], root);
    expect(printed.at(-1)).toContain(
      'no keys: everyone may send requests, unless --api-key or CHATSTREAM_API_KEY is set',
    );
  });

  it.each([
    ['api-key: [abc]\n', 'is valid; keys: api-key-1', ['api-key-1']],
    ['api-key: "abc,def"\n', 'is valid; keys: api-key-1, api-key-2', ['api-key-1', 'api-key-2']],
    [`api-key: abc\n${reserve}`, 'is valid; keys: api-key-1, anna', ['api-key-1', 'anna']],
    ['api-key: abc\nanonymous: { role: observer }\n', 'keys: api-key-1; without a key: observer', ['api-key-1']],
    ['anonymous: { role: observer }\n', 'no keys; without a key: observer', []],
  ])('names the keys of %j', async (text, said, keys) => {
    expect(await ConfigCheck.run([fileWith(text)], root)).toMatchObject({ keys });
    expect(printed.at(-1)).toContain(said);
    expect(printed.at(-1)).not.toContain('everybody');
  });

  it('names all values that flags do not take, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(wrongValues, { minLength: 1 }), fc.subarray(rightValues), async (wrong, right) => {
        printed = [];
        const lines = [...wrong.map(([line]) => line), ...right].map((line) => `${line}\n`);
        await expect(ConfigCheck.run([fileWith(lines.join(''))], root)).rejects.toThrow();
        const said = printed.join('\n');
        for (const [, problem] of wrong) expect(said).toContain(problem);
        for (const line of right) expect(said).not.toContain(line.split(':')[0]);
        if (wrong.length > 1) expect(said).toContain(`chatstream.yaml has ${wrong.length} mistakes:`);
      }),
    );
  });

  it('names each of several mistakes on a line of its own, with what to do', async () => {
    const text = 'max-queue: many\nqueue-policy: fairr\npreempt-batch-after: soon\n';
    await expect(ConfigCheck.run([fileWith(text)], root)).rejects.toThrow();
    const [list = '', hint] = printed;
    expect(list.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ {2}"max-queue": "many" is not a whole number\. \S.*\.$/),
      expect.stringMatching(/^ {2}"queue-policy": "fairr" is none of .*\. Did you mean "queue-policy" fair\?$/),
      expect.stringMatching(/^ {2}"preempt-batch-after": "soon" is not a duration\. \S.*\.$/),
    ]);
    expect(hint).toBe('See chatstream serve --help.');
  });

  it.each([
    ['max-queu: 9\n', '"max-queu" is neither a setting nor a flag that the file can set. Did you mean max-queue?'],
    ['max-queue: many\n', 'max-queue'],
    ['config: other.yaml\n', '"config" is neither a setting nor a flag'],
    ['keys: 3\n', 'keys'],
    ['no-console: yes\n', '"no-console" in the configuration file is neither true nor false.'],
    [`upstream: [http://gpu1:8000]\n${reserve}`, 'have no effect with "upstream"'],
    [`cluster: nats://10.0.0.1\n${reserve}`, 'reserves of keys'],
    ['upstream: [http://gpu1:8000]\ngpu-layers: 3\n', '"gpu-layers" has no effect with "upstream"'],
    [`max-concurrency: 1\n${reserve}`, 'none would be left for all others'],
    ['queue-policy: fifo\nclasses: { interactive: { reserve: 1 } }\n', 'no effect with "queue-policy" fifo'],
    ['queue-policy: fifo\npreempt-batch-after: 2s\n', 'no effect with "queue-policy" fifo'],
    ['ttft-target: 0ms\n', '"ttft-target" is 0'],
    ['api-key: " "\n', 'An "api-key" is empty'],
    [`api-key: abc\nkeys: [{ name: anna, sha256: ${digestOf('abc').toString('hex')} }]\n`, 'is also an "api-key"'],
  ])('refuses %j', async (text, problem) => {
    await expect(ConfigCheck.run([fileWith(text)], root)).rejects.toThrow();
    expect(printed.join('\n')).toContain(problem);
  });
});
