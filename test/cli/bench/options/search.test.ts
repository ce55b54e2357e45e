import { describe, expect, it } from 'vitest';
import { optionsOf } from './parse-bench.js';

const search = ['--find-max', 'ttft.p95<1s'];

describe('a search for the highest load', () => {
  it('raises the rate of an open loop from 1 request/s, unless --rate says where to begin', async () => {
    const { findMax, load } = await optionsOf(...search, '--find-max', 'tpot.p99<50ms');
    expect(findMax).toMatchObject({ by: 'rate', precision: 0.05, start: 1 });
    expect(findMax?.objectives.map(({ text }) => text)).toEqual(['ttft.p95<1s', 'tpot.p99<50ms']);
    expect(load).toEqual({ type: 'open', rates: [1], arrival: 'poisson' });
    expect(await optionsOf(...search, '--rate', '8', '--precision', '2.5%')).toMatchObject({
      findMax: { start: 8, precision: 0.025 },
      load: { rates: [8] },
    });
  });

  it('raises the clients from 1, or max-concurrency under the load that is given', async () => {
    expect(await optionsOf(...search, '--by', 'concurrency')).toMatchObject({
      findMax: { by: 'concurrency', start: 1 },
      load: { type: 'closed', concurrency: [1] },
    });
    expect(await optionsOf(...search, '--by', 'max-concurrency', '-c', '16')).toMatchObject({
      findMax: { by: 'max-concurrency', start: 1 },
      load: { type: 'closed', concurrency: [16] },
    });
  });

  it.each([
    [['--find-max', 'ttft<1s'], 'applies to every single request'],
    [[...search, '--trials', '3'], 'cannot be combined with --find-max'],
    [[...search, '--requests', '3'], 'cannot be combined with --find-max'],
    [[...search, '-c', '4'], 'which has no clients'],
    [[...search, '--rate', '1,2'], 'searches with one setting, but --rate is a list'],
    [[...search, '--by', 'concurrency', '--rate', '2'], '--rate is for an open loop'],
    [[...search, '--by', 'max-concurrency', '-n', '2'], '--max-concurrency sets it'],
    [['--by', 'concurrency'], '--find-max is not given'],
    [['--precision', '2%'], '--find-max is not given'],
    [['--abort-on', 'slo'], 'needs an objective'],
    [['--abort-on', 'errors,overload'], 'is for an open loop'],
    [[...search, '--by', 'concurrency', '--abort-on', 'overload'], 'is for an open loop'],
    [['--abort-on', 'never'], 'is not a reason to end a run'],
    [[...search, '--precision', '0%'], 'is not a percentage from 1 % to 50 %'],
    [[...search, '--precision', '0.9%'], 'is not a percentage from 1 % to 50 %'],
    [[...search, '--precision', '51%'], 'is not a percentage from 1 % to 50 %'],
  ])('refuses %j', async (argv, message) => {
    await expect(optionsOf(...argv)).rejects.toThrow(message);
  });

  it.each([
    [[...search, '-c', '4'], 'Add --by concurrency to search for the number of clients, or leave out --concurrency.'],
    [[...search, '--precision', '0%'], 'No search finds a limit exactly. Write it as 5%'],
    [[...search, '--precision', '0.1%'], 'for 0.1 %, 9 days'],
    [[...search, '--precision', '0'], 'Write it as 5%.'],
  ])('says what to do about %j', async (argv, hint) => {
    await expect(optionsOf(...argv)).rejects.toMatchObject({ hint: expect.stringContaining(hint) as string });
  });

  it('takes a list of rates to sweep, in rising order, and what ends a run early', async () => {
    expect(await optionsOf('--rate', '5,1,2.5,1', '--abort-on', 'overload,errors:5%')).toMatchObject({
      load: { type: 'open', rates: [1, 2.5, 5] },
      abortOn: [{ type: 'overload' }, { type: 'errors', share: 0.05 }],
    });
    expect(await optionsOf(...search, '--abort-on', 'overload')).toMatchObject({ abortOn: [{ type: 'overload' }] });
  });
});
