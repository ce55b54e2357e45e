import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from '@oclif/core';
import { Value } from 'typebox/value';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { repeatingCommand } from '../../../../src/cli/bench/flags/command.js';
import { benchConfigSchema, joinedLists, readBenchConfig } from '../../../../src/cli/bench/flags/config.js';
import { benchFlags } from '../../../../src/cli/bench/flags/flags.js';
import { flagOrigins } from '../../../../src/cli/flags/flags.js';
import { argumentsOf } from '../../../../src/cli/serve/flags/config-flags.js';
import { optionsOf } from '../options/parse-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-bench-config-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
const read = (content: string): ReturnType<typeof readBenchConfig> => {
  const path = join(folder, `bench-${(files += 1)}.yaml`);
  writeFileSync(path, content);
  return readBenchConfig(path);
};

const plan = `
url: http://127.0.0.1:8080
concurrency: [4, 8]
slo: [ttft.p95<500ms, tpot<50ms]
extra-body: { top_k: 1 }
live-answers: true
seed: 7
`;

describe('the file of bench --config', () => {
  it('holds what flags hold', async () => {
    const given = argumentsOf(joinedLists(await read(plan), benchFlags), benchFlags, { isGiven: (name) => name === 'seed' }); // prettier-ignore
    expect(given).toEqual([
      '--url=http://127.0.0.1:8080',
      '--concurrency=4,8',
      '--slo=ttft.p95<500ms',
      '--slo=tpot<50ms',
      '--extra-body={"top_k":1}',
      '--live-answers',
    ]);
  });

  it('may not have what is no flag, or no value of one', async () => {
    const values = await read('concurency: 4');
    expect(() => argumentsOf(values, benchFlags, { isGiven: () => false }, 'bench')).toThrow(/of chatstream bench/);
    const error: unknown = await read('api-key: { oh: sk-secret }').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'usage' });
    expect(String(error)).not.toContain('sk-secret');
  });

  it('has a schema that is made of the flags', () => {
    const schema = benchConfigSchema(benchFlags);
    expect(Value.Check(schema, { concurrency: [4, 8], arrival: 'constant', 'live-answers': true, turns: '3-5' })).toBe(true); // prettier-ignore
    expect(Value.Check(schema, { by: 'sometimes' })).toBe(false);
    expect(Value.Check(schema, { config: 'other.yaml' })).toBe(false);
  });
});

describe('the command that repeats a bench', () => {
  const commandOf = async (...argv: readonly string[]): Promise<string> => {
    const parsed = await Parser.parse([...argv], { flags: benchFlags, strict: true });
    return repeatingCommand(parsed, benchFlags, flagOrigins(parsed), process.env);
  };

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('has what was given, quoted for a shell', async () => {
    const argv = ['-c', '4', '--slo', 'ttft.p95<500ms', '--model-name', "it's", '--think-time', '2s±1s', '--insecure'];
    expect(await commandOf(...argv)).toBe(
      String.raw`chatstream bench --concurrency 4 --think-time 2s±1s --slo 'ttft.p95<500ms' --insecure --model-name 'it'\''s'`,
    );
  });

  it('has the baseline, without which its gate would be refused', async () => {
    const argv = ['--baseline', import.meta.filename, '--fail-on', 'ttft.p95>10%', '--strict', '--trials', '3..20'];
    const words = (await commandOf(...argv)).split(' ');
    expect(words.join(' ')).toBe(
      `chatstream bench --trials 3..20 --baseline ${import.meta.filename} --fail-on 'ttft.p95>10%' --strict`,
    );
    const unquoted = words.slice(2).map((word) => word.replaceAll("'", ''));
    await expect(optionsOf(...unquoted)).resolves.toMatchObject({ trials: 20, leastTrials: 3 });
  });

  it('has what variables switch on, and nothing that they switch off', async () => {
    vi.stubEnv('CHATSTREAM_NO_STREAM', 'true');
    vi.stubEnv('CHATSTREAM_INSECURE', 'false');
    vi.stubEnv('CHATSTREAM_WARMUP', '2s');
    expect(await commandOf('-c', '4')).toBe('chatstream bench --concurrency 4 --warmup 2s --no-stream');
  });

  it('leaves out variables for other commands, which would be refused as flags', async () => {
    vi.stubEnv('CHATSTREAM_MODEL', 'model.gguf');
    vi.stubEnv('CHATSTREAM_STRICT', 'true');
    const command = await commandOf('--url', 'http://127.0.0.1:8080');
    expect(command).toBe('chatstream bench --url http://127.0.0.1:8080');
    await expect(optionsOf(...command.split(' ').slice(2))).resolves.toBeDefined();
    expect(await commandOf('-c', '4')).toBe('chatstream bench --concurrency 4 --model model.gguf');
  });

  it('has no keys, and no files that would be written', async () => {
    const argv = [
      '-u',
      'https://a.example/v1?key=sk-1',
      '--api-key',
      'sk-2',
      '--header',
      'x-key: sk-3',
      '-o',
      'r.json',
    ];
    expect(await commandOf(...argv)).toBe(
      "chatstream bench --url https://a.example --api-key KEY --header 'x-key: VALUE'",
    );
  });
});
