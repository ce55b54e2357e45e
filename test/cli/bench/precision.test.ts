import { describe, expect, it } from 'vitest';
import { precisionNotes } from '../../../src/cli/bench/precision.js';
import { optionsOf } from './options/parse-bench.js';

async function notes(line: string): Promise<readonly string[]> {
  return precisionNotes(await optionsOf('--find-max', 'ttft.p95<500ms', ...line.split(' ')));
}

describe('a search that would have to be very precise', () => {
  it('says how long that takes', async () => {
    expect(await notes('--precision 1%')).toEqual([
      'To know a limit within 1 % takes some 25 times as many requests as within 5 %, and with -d 10s, the search probably ends before. ' +
        'Use -d 250s, with which it takes about 125 min, or a larger --precision.',
    ]);
  });

  it.each([
    '--precision 5%',
    '--precision 3%',
    '--precision 1% -d 250s',
    '--precision 1% -d 2m',
    '--precision 1% --by concurrency',
  ])('says nothing where it may be known: %s', async (line) => {
    expect(await notes(line)).toEqual([]);
  });

  it('says nothing without a search', async () => {
    expect(precisionNotes(await optionsOf('--rate', '4'))).toEqual([]);
  });
});
