import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tenantOfClients } from '../../../../src/core/bench/plan/tenants.js';
import { readTenantsFile } from '../../../../src/core/bench/plan/tenants-file.js';
import { singleRequests } from '../../../../src/core/measurement/workload/conversation-shape.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-tenants-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const defaults = {
  prompts: { type: 'synthetic', inputTokens: parseLengths('64') },
  outputTokens: parseLengths('32'),
  sharedPrefixTokens: 0,
  conversations: singleRequests,
} as const;

let files = 0;
const read = (content: string): ReturnType<typeof readTenantsFile> => {
  const path = join(folder, `tenants-${(files += 1)}.yaml`);
  writeFileSync(path, content);
  return readTenantsFile(path, defaults, { ANNA_KEY: 'from-the-environment' });
};

describe('a file of tenants', () => {
  it('has loads of their own, and what the flags say where it says nothing', async () => {
    const tenants = await read(`
tenants:
  - name: script
    key: secret
    share: 3
    priority: batch
    input-tokens: 50-350
  - { name: anna, key-env: ANNA_KEY, turns: 4, think-time: 2s+-1s, output-tokens: 16, weight: 2 }
  - { name: ben, prompts: ben.jsonl, live-answers: true }
`);
    expect(tenants).toEqual([
      {
        ...defaults,
        name: 'script',
        key: 'secret',
        portion: { type: 'share', share: 3 },
        weight: 1,
        priority: 'batch',
        prompts: { type: 'synthetic', inputTokens: parseLengths('50-350') },
      },
      {
        ...defaults,
        name: 'anna',
        key: 'from-the-environment',
        portion: { type: 'share', share: 1 },
        weight: 2,
        priority: null,
        outputTokens: parseLengths('16'),
        conversations: {
          turns: parseLengths('4'),
          thinkTime: { type: 'normal', mean: 2000, stddev: 1000 },
          live: true,
        },
      },
      {
        ...defaults,
        name: 'ben',
        key: null,
        portion: { type: 'share', share: 1 },
        weight: 1,
        priority: null,
        prompts: { type: 'file', path: join(folder, 'ben.jsonl') },
        conversations: { ...singleRequests, live: true },
      },
    ]);
  });

  it('may be JSON', async () => {
    expect(await read('{"tenants":[{"name":"a","clients":5}]}')).toMatchObject([
      { name: 'a', portion: { type: 'clients', clients: 5 } },
    ]);
  });

  it.each([
    ['tenants: []'],
    ['tenants: [{ name: a, key: sk-secret, keys: sk-secret }]'],
    ['tenants: [{ name: a, key: "sk-secret with a space" }]'],
    ['tenants: [{ name: a, key: sk-secret, key-env: ANNA_KEY }]'],
    ['tenants: [{ name: a, key-env: NOT_SET }]'],
    ['tenants: [{ name: a }, { name: a }]'],
    ['tenants: [{ name: a, clients: 1 }, { name: b, share: 1 }]'],
    ['tenants: [{ name: a, clients: 1, share: 1 }]'],
    ['tenants: [{ name: a, prompts: a.jsonl, turns: 2 }]'],
    ['tenants: [{ name: a, key: sk-secret'],
    ['sk-secret'],
  ])('is refused without being quoted: %s', async (content) => {
    const error: unknown = await read(content).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'usage' });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('sk-secret');
  });
});

describe('what is wrong in a file of tenants', () => {
  it.each([
    ['{ name: a b }', 'tenants[0].name must be up to 64 letters, digits and _ . @ -, with a letter or a digit first.'],
    ['{ name: a, key: "b c" }', 'tenants[0].key must be letters, digits and signs of ASCII, without spaces.'],
    ['{ name: a, key: "" }', 'tenants[0].key must not be empty.'],
    [
      '{ name: a, key-env: A-B }',
      'tenants[0].key-env must be the name of an environment variable: letters, digits and _, with no digit first.',
    ],
    ['{ name: a, turns: [2] }', 'tenants[0].turns must be a string or a number.'],
    ['{ name: a, clients: 0 }', 'tenants[0].clients must be at least 1.'],
    ['{ key: a }', 'tenants[0] needs name.'],
  ])('is said in plain words: %s', async (tenant, said) => {
    await expect(read(`tenants: [${tenant}]`)).rejects.toThrow(said);
  });

  it('is all of it, with the names that may be meant', async () => {
    const refused = read('tenants: [{ name: a, client: 1 }, { name: 5, weight: 0 }]');
    await expect(refused).rejects.toThrow(
      /has 3 mistakes:\n.*Did you mean clients\?\n.*name must be a string.\n.*weight must be greater than 0\.$/s,
    );
  });
});

describe('clients of tenants', () => {
  it('are divided in proportion, and mixed', () => {
    expect(tenantOfClients([3, 1], 8)).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('are as many as each tenant brings', () => {
    const clients = tenantOfClients([50, 1, 1, 1], 53);
    expect([0, 1, 2, 3].map((tenant) => clients.filter((each) => each === tenant).length)).toEqual([50, 1, 1, 1]);
  });
});
