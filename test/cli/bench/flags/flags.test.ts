import { describe, expect, it } from 'vitest';
import { benchFlags, usualDuration } from '../../../../src/cli/bench/flags/flags.js';
import { parseDuration } from '../../../../src/core/base/units.js';
import { optionsOf } from '../options/parse-bench.js';

describe('the flags of a bench', () => {
  it('are explained, each in a group', () => {
    for (const flag of Object.values(benchFlags)) {
      expect(flag.summary).toMatch(/^\S.+\.$/);
      expect(flag.helpGroup).toMatch(/^[A-Z ]+$/);
    }
  });

  it('have a variable each, with the name of the command where serve means something else', () => {
    for (const [name, flag] of Object.entries(benchFlags)) {
      const prefix = ['max-concurrency', 'config'].includes(name) ? 'CHATSTREAM_BENCH_' : 'CHATSTREAM_';
      expect(flag.env).toBe(`${prefix}${name.toUpperCase().replaceAll('-', '_')}`);
    }
  });

  it('say how long requests are sent if neither a duration nor a number of requests is given', async () => {
    expect((await optionsOf()).durationMs).toBe(parseDuration(usualDuration));
  });
});
