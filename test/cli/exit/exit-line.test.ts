import { expect, it } from 'vitest';
import { exitLine } from '../../../src/cli/exit/exit-line.js';

it.each([
  [0, 'pass', false, 'Exit code 0: the gate passed.'],
  [0, 'inconclusive', false, 'Exit code 0: inconclusive, which does not fail the job; with --strict, it would be 11.'],
  [10, 'regression', false, 'Exit code 10: regression.'],
  [11, 'inconclusive', true, 'Exit code 11: inconclusive, which fails the job because of --strict.'],
  [12, 'pass', false, 'Exit code 12: an objective was missed.'],
  [0, 'none', false, null],
  [0, null, false, null],
  [1, 'pass', false, 'Exit code 1: something failed; the messages above say what.'],
  [3, 'regression', false, 'Exit code 3: a server was lost or could not be reached.'],
  [3, null, false, 'Exit code 3: a server was lost or could not be reached.'],
  [130, 'inconclusive', false, 'Exit code 130: interrupted.'],
  [2, null, false, 'Exit code 2: baseline and candidate cannot be compared; the message above says why.'],
] as const)('explains exit code %d of the verdict %s', (code, verdict, isStrict, expected) => {
  expect(exitLine(code, verdict, { isStrict })).toBe(expected);
});

it('does not speak of messages if there are none', () => {
  const line = exitLine(1, null, { isStrict: false, isExplained: false });
  expect(line).toBe('Exit code 1: no request has been answered.');
});

it('explains the exit code of objectives', () => {
  const undecided =
    'Exit code 0: not all objectives could be judged, which does not fail the job; with --strict, it would be 11.';
  expect(exitLine(0, null, { isStrict: false, objectives: 'judged' })).toBe('Exit code 0: no objective was missed.');
  expect(exitLine(0, null, { isStrict: false, objectives: 'undecided' })).toBe(undecided);
  expect(exitLine(0, 'pass', { isStrict: false, objectives: 'undecided' })).toBe(undecided);
  expect(exitLine(0, 'pass', { isStrict: false, objectives: 'judged' })).toBe('Exit code 0: the gate passed.');
});
