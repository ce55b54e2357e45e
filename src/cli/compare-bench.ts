import { ChatstreamError } from '../core/base/errors.js';
import { checkBeforehand } from '../core/bench/compare/check-beforehand.js';
import { compare, type CompareOptions } from '../core/bench/compare/compare.js';
import type { Comparison } from '../core/bench/compare/comparison.js';
import {
  judgeObjectives,
  objectiveSentences,
  type ObjectiveVerdict,
} from '../core/bench/compare/objective-verdicts.js';
import { renderComparison } from '../core/bench/compare/report/terminal.js';
import { interleavedSides, separateSides, type Sides } from '../core/bench/compare/side.js';
import type { BenchOptions } from '../core/bench/options.js';
import type { ReportStyle } from '../core/bench/report/style.js';
import { describeMachine } from '../core/bench/result/machine.js';
import { readResult } from '../core/bench/result/read-result.js';
import type { BenchResult } from '../core/bench/result/schema.js';
import type { SettingSummary } from '../core/bench/result/setting-summary.js';
import { compareOptions, exitCodeOfVerdict, type GateFlagValues } from './compare-flags.js';
import { tellGithub } from './compare-github.js';
import { exitCodes } from './exit-codes.js';

export interface BenchGateFlagValues extends GateFlagValues {
  readonly baseline?: string | undefined;
  readonly versus?: string | undefined;
  readonly 'enforce-slo': boolean;
}

/** What is asked of a bench beyond its figures. */
export interface BenchGate {
  judge(result: BenchResult, summaries: readonly SettingSummary[]): BenchVerdict;
}

export interface BenchVerdict {
  /** With --baseline or --versus; null also if the two are not comparable. */
  readonly comparison: Comparison | null;
  /** Why they are not. */
  readonly refusal: ChatstreamError | null;
  /** For the terminal; empty if there is nothing to say. */
  readonly text: (style: ReportStyle) => string;
  readonly exitCode: number;
  /** @param print writes a line */
  tellGithub(print: (line: string) => void): Promise<void>;
}

/**
 * Reads the baseline, and finds what can be found to be wrong before minutes are spent on measuring.
 *
 * @throws ChatstreamError `usage`
 */
export async function prepareGate(flags: BenchGateFlagValues, options: BenchOptions): Promise<BenchGate> {
  const { baseline: path, versus } = flags;
  const gate = compareOptions(flags);
  if (path === undefined && versus === undefined && gate.thresholds.length > 0) {
    throw new ChatstreamError('usage', '--fail-on needs something to compare with.', {
      hint: 'Add --versus URL (measured in turns, best) or --baseline result.json.',
    });
  }
  const before = path === undefined ? null : { name: path, result: await readResult(path) };
  if (before !== null) {
    const { baseline } = separateSides(before, before);
    checkBeforehand(baseline, options, await describeMachine(), gate.allowed);
  }
  return {
    judge: (result, summaries) => {
      const sides =
        before === null ? interleavedSides('this run', result) : separateSides(before, { name: 'this run', result });
      const compared = sides === null ? null : attempt(sides, gate);
      const comparison = compared instanceof ChatstreamError ? null : compared;
      const objectives = flags['enforce-slo'] ? judgeObjectives(result, summaries) : [];
      return {
        comparison,
        refusal: compared instanceof ChatstreamError ? compared : null,
        text: (style) =>
          [
            ...(comparison === null ? [] : [renderComparison(comparison, style)]),
            ...(flags['enforce-slo'] ? [objectiveSentences(objectives).join('\n')] : []),
          ]
            .filter((part) => part !== '')
            .join('\n\n'),
        exitCode: exitCodeOf(comparison, objectives, flags.strict),
        tellGithub: async (print) => {
          if (comparison !== null) await tellGithub(comparison, print);
        },
      };
    },
  };
}

/** What was measured is worth showing and keeping even if it cannot be compared. */
function attempt(sides: Sides, options: CompareOptions): Comparison | ChatstreamError {
  try {
    return compare(sides, options);
  } catch (error) {
    if (error instanceof ChatstreamError) return error;
    throw error;
  }
}

/** The worst first: a regression, then an objective that was missed, then what cannot be told. */
function exitCodeOf(comparison: Comparison | null, objectives: readonly ObjectiveVerdict[], strict: boolean): number {
  const compared = comparison === null ? exitCodes.done : exitCodeOfVerdict(comparison.verdict, strict);
  if (compared === exitCodes.regression) return compared;
  if (objectives.some(({ state }) => state === 'missed')) return exitCodes.objectiveMissed;
  if (strict && objectives.some(({ state }) => state === 'unknown')) return exitCodes.inconclusive;
  return compared;
}
