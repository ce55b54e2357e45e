import { describe, expect, it } from 'vitest';
import { benchFlags } from '../../../src/cli/bench/flags/flags.js';
import { exampleOf } from '../../../src/cli/flags/examples.js';
import { optionsOf } from '../bench/options/parse-bench.js';

/** What a flag needs beside it. */
const beside: Readonly<Record<string, readonly string[]>> = {
  'abort-on': ['--rate', '1'],
  allow: ['--baseline', 'before.json'],
  arrival: ['--rate', '1'],
  cluster: ['--agents', '1', '--url', 'http://127.0.0.1:8000'],
  'fail-on': ['--baseline', 'before.json'],
  'no-param': ['--url', 'http://127.0.0.1:8000'],
  precision: ['--find-max', 'ttft.p95<500ms'],
  speed: ['--trace', 'trace.jsonl'],
  'think-time': ['--turns', '5'],
  versus: ['--url', 'http://127.0.0.1:8000'],
  'wait-ready': ['--url', 'http://127.0.0.1:8000'],
};

/** Read from files by `benchFilesOf` first. */
const readFirst = ['config', 'prompts', 'tenants', 'trace', 'speed'];

const withExamples = Object.keys(benchFlags).flatMap((flag) => {
  const example = exampleOf(flag);
  return example === null || readFirst.includes(flag) ? [] : [[flag, example] as const];
});

describe('the example of a flag', () => {
  it.each(withExamples)('of bench is one that it takes: --%s %s', async (flag, example) => {
    const value = example.replaceAll("'", '');
    await expect(optionsOf(`--${flag}`, value, ...(beside[flag] ?? []))).resolves.toBeDefined();
  });

  it('is left out where any text will do', () => {
    expect(exampleOf('model-name')).toBeNull();
  });
});
