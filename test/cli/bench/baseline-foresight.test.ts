import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baselineNotes } from '../../../src/cli/bench/baseline-foresight.js';
import { separateSides } from '../../../src/core/compare/side.js';
import { parseThreshold, type Threshold } from '../../../src/core/compare/threshold.js';
import { compare } from '../../../src/core/compare/verdicts/compare.js';
import type { BenchResult } from '../../../src/core/measurement/result-schema.js';
import { resultOf } from '../../core/compare/sides.js';
import { optionsOf } from './options/parse-bench.js';

const options = await optionsOf('--url', 'http://127.0.0.1:8000');

function notesOf(baseline: BenchResult, thresholds: readonly string[], strict = false): readonly string[] {
  const side = separateSides({ name: 'base.json', result: baseline }, { name: 'base.json', result: baseline }).baseline;
  return baselineNotes(thresholds.map(parseThreshold), side, options, { strict });
}

const both = ['ttft.p95>10%', 'output_tokens_per_second<10%'];
const small = resultOf(1, { completed: 12 }, { trials: 3, plan: { duration_ms: null, requests: 12 } });

describe('a baseline that is too small for the gate', () => {
  it('is noticed before anything is measured, with what would do', () => {
    expect(notesOf(small, both)).toEqual([
      'The baseline base.json cannot decide ttft.p95 and output_tokens_per_second: ttft.p95 needs 200 requests, and it has 36; ' +
        'ttft.p95 and output_tokens_per_second need 5 trials, and it has 3. Measure it again with -r 50 --trials 5, or use --versus.',
    ]);
  });

  it('is refused with --strict, under which it fails the job anyway', () => {
    expect(() => notesOf(small, both, true)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringMatching(/^The baseline base\.json cannot decide .* and it has 3\.$/) as string,
        hint: 'Measure it again with -r 50 --trials 5, or use --versus, or leave out --strict.',
      }),
    );
  });

  it('says that it ended early, with which nothing can pass', () => {
    const ended_early = { cause: 'target-lost', server: 'candidate', message: 'The server was lost.' } as const;
    for (const runs of [[], resultOf(1).runs]) {
      const lost = { ...resultOf(1), runs, interrupted: true, ended_early };
      expect(notesOf(lost, both)).toEqual([
        'The measurement of the baseline base.json ended before it was complete: the server was lost. Nothing can pass with it. ' +
          'Measure it again, or use --versus.',
      ]);
      expect(() => notesOf(lost, both, true)).toThrow('Nothing can pass with it.');
      expect(notesOf(lost, [])).toEqual([]);
    }
  });

  it.each([
    [
      resultOf(1, { completed: 12 }, { trials: 5 }),
      ['e2e.p95>10%'],
      /Measure it again and for longer, or use --versus\.$/,
    ],
    [
      resultOf(1, {}, { trials: 4 }),
      ['goodput<10%', 'e2e.p50>5%'],
      /goodput.* 5 trials, and it has 4\. .* --trials 5,/,
    ],
    [
      resultOf(1, {}, { queueWaitSource: 'unavailable' }),
      ['queue_wait.p95>10%'],
      /: it has no queue_wait\.p95\. Use another baseline, or --versus\.$/,
    ],
  ] as const)('says what is missing (%#)', (baseline, thresholds, note) => {
    expect(notesOf(baseline, thresholds)).toEqual([expect.stringMatching(note)]);
  });

  it.each([
    [resultOf(1), ['ttft.p95>10%', 'output_tokens_per_second<10%']],
    [small, ['success_rate<1%']],
    [small, []],
  ] as const)('is not one that may decide, as far as is known (%#)', (baseline, thresholds) => {
    expect(notesOf(baseline, thresholds)).toEqual([]);
  });

  it('is one that leaves its figures undecided, whatever is measured', () => {
    const candidate = resultOf(1.02, { completed: 300 }, { trials: 6 }, 2);
    const figures: readonly Threshold[] = ['ttft.p50>10%', 'e2e.p95>10%', 'requests_per_second<10%'].map(
      parseThreshold,
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 60 }), (trials, completed) => {
        const baseline = resultOf(1, { completed }, { trials });
        const sides = separateSides({ name: 'base.json', result: baseline }, { name: 'new.json', result: candidate });
        const { rows } = compare(sides, { thresholds: figures, allowed: ['plan'], gatedOnly: true });
        const lacking = rows.flatMap(({ metric, judgement }) => {
          if (judgement.type === 'shown' || judgement.outcome.verdict !== 'inconclusive') return [];
          const { reason } = judgement.outcome.doubt;
          return reason === 'too-few-trials' || reason === 'not-measured' ? [metric.id] : [];
        });
        const [note = ''] = notesOf(
          baseline,
          figures.map(({ text }) => text),
        );
        const named = figures.map(({ metric }) => metric.id).filter((id) => note.includes(id));
        expect([...named].sort()).toEqual([...lacking].sort());
      }),
      { numRuns: 40 },
    );
  });
});
