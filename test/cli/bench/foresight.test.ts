import { Parser } from '@oclif/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benchFlags } from '../../../src/cli/bench/flags/flags.js';
import { prepareGate } from '../../../src/cli/bench/gate.js';
import { benchOptions } from '../../../src/cli/bench/options/options.js';
import { flagOrigins } from '../../../src/cli/flags/flags.js';

const servers = ['-u', 'http://127.0.0.1:8000', '--versus', 'http://127.0.0.1:8001'];

/** What a comparison of two servers with these flags says before it measures. */
async function foreseen(line: string): Promise<readonly string[]> {
  const argv = [...servers, ...line.split(' ')];
  const parsed = await Parser.parse(argv, { flags: benchFlags, strict: true });
  const options = benchOptions(parsed.flags, flagOrigins(parsed), { root: '/package', version: '1.2.3' });
  return (await prepareGate(parsed.flags, options)).foreseen;
}

describe('a plan that is too small for its gate', () => {
  const both = '--fail-on ttft.p95>10% --fail-on output_tokens_per_second<10%';

  it('is noticed before it is measured, with the flags that would do', async () => {
    expect(await foreseen(`-c 2 -r 12 --trials 3 ${both}`)).toEqual([
      'This plan cannot decide ttft.p95 and output_tokens_per_second: ttft.p95 needs 200 requests on each side, and 36 are planned; ' +
        'ttft.p95 and output_tokens_per_second need 5 trials on each side, and 3 are planned. Use -r 50 --trials 5.',
    ]);
  });

  it('is refused with --strict, under which it fails the job anyway', async () => {
    await expect(foreseen(`-c 2 -r 12 --trials 3 --strict ${both}`)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/^This plan cannot decide ttft\.p95 and/) as string,
      hint: 'Use -r 50 --trials 5, or leave out --strict.',
    });
  });

  it.each([
    ['-r 12 --trials 3 --fail-on requests_per_second<10%', /: requests_per_second needs 5 trials.* Use --trials 5\.$/],
    ['-d 4s --fail-on ttft.p95>10%', /needs 5 trials on each side, and 1 is planned\. Use --trials 5\.$/],
    ['-r 10 --trials 3..4 --fail-on e2e.p50>10% --fail-on e2e.p95>10%', /^[^:]+ e2e\.p95: e2e.* Use -r 60\.$/],
  ])('says what is missing: %s', async (line, note) => {
    expect(await foreseen(line)).toEqual([expect.stringMatching(note)]);
  });

  it.each([
    '-c 2 -r 50 --trials 3..20 --fail-on ttft.p95>10%',
    '-d 10s --trials 5 --fail-on ttft.p99.9>10%',
    '-r 1 --trials 1 --fail-on success_rate<1%',
    '-c 2 -r 3 --trials 10 --fail-on queue_wait.p95>10% --fail-on chunk_gap.p99>10%',
    '-r 12 --trials 3',
  ])('is not one that may decide, as far as is known: %s', async (line) => {
    expect(await foreseen(line)).toEqual([]);
  });

  it('is mended by what the note advises', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('p50', 'p95', 'p99', 'p99.9'),
        async (requests, trials, clients, percentile) => {
          const rest = `-c ${clients} --fail-on ttft.${percentile}>10%`;
          const [note] = await foreseen(`-r ${requests} --trials ${trials} ${rest}`);
          if (note === undefined) return;
          const advised = /Use (.*)\.$/.exec(note)?.[1] ?? '';
          const others = [
            ...(advised.includes('-r ') ? [] : [`-r ${requests}`]),
            ...(advised.includes('--trials') ? [] : [`--trials ${trials}`]),
          ];
          expect(await foreseen([advised, ...others, rest].join(' '))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
