import { describe, expect, it } from 'vitest';
import { optionsOf } from './parse-bench.js';

const search = ['--find-max', 'ttft.p95<1s'];

describe('the shape of a load', () => {
  it('is a rate that changes, for as long as the stages take', async () => {
    const options = await optionsOf('--stages', '2@30s,10@60s,2@30s', '--arrival', 'gamma:2', '--max-in-flight', '8');
    expect(options).toMatchObject({
      load: { type: 'open', rates: [6], arrival: { type: 'gamma', cv: 2 }, maxInFlight: 8 },
      durationMs: 120_000,
      requests: null,
      extension: null,
    });
    expect((await optionsOf('--ramp', '0-20/60s')).load).toEqual({
      ...{ type: 'open', rates: [10], arrival: 'poisson' },
      stages: [{ fromRate: 0, toRate: 20, durationMs: 60_000 }],
    });
  });

  it('may have clients that leave, probes, and a server that is still starting', async () => {
    const options = ['-u', 'http://a', '--cancel', '10%@1s', '--probe-rate', '0.5', '--wait-ready', '1m'];
    expect(await optionsOf(...options)).toMatchObject({
      ...{ cancel: { share: 0.1, afterMs: 1000 }, probeRate: 0.5, waitReadyMs: 60_000 },
    });
  });

  it.each([
    [['--rate', '2', '--ramp', '0-2/10s'], '--rate and --ramp both say'],
    [['--ramp', '0-2/10s', '--stages', '2@10s'], '--ramp and --stages both say'],
    [['--ramp', '0-2/10s', '-d', '5s'], '--duration and --ramp both say'],
    [['--stages', '2@10s', '-r', '5'], '--requests and --stages both say'],
    [[...search, '--stages', '2@10s'], '--find-max chooses the loads itself'],
    [['--stages', '2@10s', '--abort-on', 'errors,overload'], 'needs a load that stays the same'],
    [['--stages', '2@10s', '-c', '1,2'], 'An open loop has no clients'],
    [['--max-in-flight', '4'], 'is for an open loop'],
    [[...search, '--max-in-flight', '4'], 'would hide the requests that it holds back from --find-max'],
    [['--rate', '4', '--max-in-flight', '2', '--workers', '3'], 'each needs one'],
    [['--wait-ready', '10s'], '--url names none'],
    [['--probe-rate', '0'], '"0" is not a single number above 0'],
    [['--probe-rate', '1,2'], '"1,2" is not a single number above 0'],
  ])('is refused if it contradicts itself: %j', async (argv, message) => {
    await expect(optionsOf(...argv)).rejects.toThrow(message);
  });
});
