import { ChatstreamError } from '../../core/base/errors.js';
import type { BenchHooks } from '../../core/bench/bench.js';
import { describePlan } from '../../core/bench/plan/describe-plan.js';
import type { BenchOptions } from '../../core/bench/plan/options.js';
import { describeMachine } from '../../core/bench/result/machine.js';
import { type Comparison, isDecided } from '../../core/compare/comparison.js';
import { checkComparable, differencesOf } from '../../core/compare/differences.js';
import { checkModels, unexpectedModels } from '../../core/compare/models.js';
import {
  type ComparableResult,
  interleavedSides,
  separateSides,
  type Side,
  type Sides,
} from '../../core/compare/side.js';
import { isOfLimit, type Threshold } from '../../core/compare/threshold.js';
import { compare, type CompareOptions } from '../../core/compare/verdicts/compare.js';
import { readResult } from '../../core/measurement/read-result.js';
import type { BenchResult, Machine } from '../../core/measurement/result-schema.js';
import { judgeObjectives, objectiveSentences } from '../../core/measurement/settings/objectives.js';
import type { SettingSummary } from '../../core/measurement/settings/summarise.js';
import { githubAnnotations } from '../../core/report/compare/github.js';
import { comparisonMarkdown } from '../../core/report/compare/markdown.js';
import { renderComparison } from '../../core/report/compare/terminal.js';
import type { ReportStyle } from '../../core/report/text/style.js';
import { exitCodes } from '../exit/exit-codes.js';
import { compareOptions, exitCodeOfVerdict, type gateFlags } from '../gate/gate-flags.js';
import { tellGithub } from '../gate/github.js';
import { baselineNotes } from './baseline-foresight.js';
import type { BenchFlags } from './flags/flags.js';
import { type ExtentFlags, foreseenNotes } from './foresight.js';
import { precisionNotes } from './precision.js';

/** The flags of a bench that control how its result is judged. */
export type BenchGateFlags = Pick<BenchFlags, keyof typeof gateFlags | 'baseline' | 'versus' | 'enforce-slo'> &
  ExtentFlags;

/** Judges a bench against its objectives and its baseline. */
export interface BenchGate {
  /** Sentences that say what this plan or the baseline cannot decide, and which flags would. */
  readonly foreseen: readonly string[];
  /** Whether every figure with a threshold has its verdict, so that no more trials are needed. */
  readonly isDecided: BenchHooks['isDecided'];
  /** Refuses two servers with different models, with --strict and without --allow model. */
  readonly checkTargets: NonNullable<BenchHooks['onTargets']>;
  judge(result: BenchResult, summaries: readonly SettingSummary[]): BenchVerdict;
}

export interface BenchVerdict {
  /** With --baseline or --versus; null also if the two are not comparable. */
  readonly comparison: Comparison | null;
  /** Why the two are not comparable. */
  readonly refusal: ChatstreamError | null;
  /** For the terminal; empty if there is nothing to say. */
  readonly text: (style: ReportStyle) => string;
  readonly exitCode: number;
  /** Whether all objectives that are enforced could be judged; null if none are enforced. */
  readonly objectives: 'judged' | 'undecided' | null;
  /** @param print writes a line */
  tellGithub(print: (line: string) => void): Promise<void>;
}

/**
 * Reads the baseline, and reports what is wrong before minutes are spent on measuring.
 *
 * @throws ChatstreamError `usage`
 */
export async function prepareGate(flags: BenchGateFlags, options: BenchOptions): Promise<BenchGate> {
  const { baseline: path } = flags;
  const gate = compareOptions(flags);
  refuseVainThresholds(gate.thresholds, flags, options);
  const ofPlan = foreseenNotes(gate.thresholds, options, flags);
  const before = path === undefined ? null : { name: path, result: await readResult(path) };
  const baseline = before === null ? null : separateSides(before, before).baseline;
  if (baseline !== null) checkBeforehand(baseline, options, await describeMachine(), gate.allowed);
  const ofBaseline = baseline === null ? [] : baselineNotes(gate.thresholds, baseline, options, flags);
  const sidesOf = (result: ComparableResult): Sides | null =>
    before === null ? interleavedSides('this run', result) : separateSides(before, { name: 'this run', result });
  const tool = { version: options.version, node: process.version };
  const unfinished = { machine: await describeMachine(), tool, started_at: '', interrupted: false };
  return {
    foreseen: [...ofPlan, ...ofBaseline, ...precisionNotes(options)],
    checkTargets: (target, baseline) => {
      if (!flags.strict || baseline === null) return;
      checkModels(unexpectedModels({ baseline: { target: baseline }, candidate: { target } }, gate.allowed));
    },
    isDecided: (soFar) => {
      const sides = sidesOf({ ...unfinished, ...soFar });
      const compared = sides === null ? null : attempt(sides, { ...gate, gatedOnly: true });
      // Results that are not comparable now will not become so with more trials.
      return compared === null || compared instanceof ChatstreamError || isDecided(compared);
    },
    judge: (result, summaries) => {
      const sides = sidesOf(result);
      const compared = sides === null ? null : attempt(sides, gate);
      const objectives = flags['enforce-slo'] ? enforced(result, summaries) : notEnforced;
      return verdictOf(compared, objectives, flags.strict);
    },
  };
}

/** @throws ChatstreamError `usage` for thresholds of what this bench does not compare */
function refuseVainThresholds(
  thresholds: readonly Threshold[],
  { baseline, versus }: BenchGateFlags,
  { findMax }: BenchOptions,
): void {
  if (baseline === undefined && versus === undefined && thresholds.length > 0) {
    throw new ChatstreamError('usage', '--fail-on needs something to compare with.', {
      hint: 'Add --versus URL (measured alternately, most reliable) or --baseline result.json.',
    });
  }
  if (findMax === null && thresholds.some(isOfLimit)) {
    throw new ChatstreamError('usage', '--fail-on find_max needs a search, and this bench does not run one.', {
      hint:
        versus === undefined
          ? 'Add --find-max, as the baseline has it, or give a threshold for another figure, such as ttft.p95>10%.'
          : 'Searches cannot be measured alternately: search with each server (bench --find-max … -o result.json), and give both results to compare. Or give a threshold for another figure, such as ttft.p95>10%.',
    });
  }
}

/** @param compared null if there is nothing to compare with; an error if the two are not comparable */
function verdictOf(
  compared: Comparison | ChatstreamError | null,
  objectives: EnforcedObjectives,
  strict: boolean,
): BenchVerdict {
  const [comparison, refusal] = compared instanceof ChatstreamError ? [null, compared] : [compared, null];
  return {
    comparison,
    refusal,
    text: (style) =>
      [comparison === null ? '' : renderComparison(comparison, style), objectives.text]
        .filter((part) => part !== '')
        .join('\n\n'),
    exitCode: exitCodeOf(comparison, objectives, strict),
    objectives: objectives.outcome,
    tellGithub: async (print) => {
      if (comparison === null) return;
      await tellGithub(githubAnnotations(comparison), comparisonMarkdown(comparison), print);
    },
  };
}

/** The measurement is worth showing and keeping even if it cannot be compared. */
function attempt(sides: Sides, options: CompareOptions): Comparison | ChatstreamError {
  try {
    return compare(sides, options);
  } catch (error) {
    if (error instanceof ChatstreamError) return error;
    throw error;
  }
}

/** Whether the enforced objectives were met. */
interface EnforcedObjectives {
  readonly isMissed: boolean;
  readonly outcome: 'judged' | 'undecided' | null;
  readonly text: string;
}

const notEnforced: EnforcedObjectives = { isMissed: false, outcome: null, text: '' };

/** A run that ended early leaves objectives undecided, because the part that was not measured may have missed them. */
function enforced(result: BenchResult, summaries: readonly SettingSummary[]): EnforcedObjectives {
  const verdicts = judgeObjectives(result, summaries);
  const early = result.interrupted ? ['Objectives not judged on the whole plan: the measurement ended early.'] : [];
  return {
    isMissed: verdicts.some(({ status }) => status === 'missed'),
    outcome: result.interrupted || verdicts.some(({ status }) => status === 'unknown') ? 'undecided' : 'judged',
    text: [...objectiveSentences(verdicts), ...early].join('\n'),
  };
}

/** The worst first: a regression, then an objective that was missed, then an inconclusive figure. */
function exitCodeOf(comparison: Comparison | null, objectives: EnforcedObjectives, strict: boolean): number {
  const compared = comparison === null ? exitCodes.done : exitCodeOfVerdict(comparison.verdict, strict);
  if (compared === exitCodes.regression) return compared;
  if (objectives.isMissed) return exitCodes.objectiveMissed;
  if (strict && objectives.outcome === 'undecided') return exitCodes.inconclusive;
  return compared;
}

/**
 * Checks before anything is measured whether the result will be comparable with the baseline, as far as that is known
 * by then: the load and the machine. What the server reports about itself is checked later, with the result.
 *
 * @throws ChatstreamError `usage` that names what differs
 */
function checkBeforehand(baseline: Side, options: BenchOptions, machine: Machine, allowed: readonly string[]): void {
  // The name of a prompts file and the parameters that the server understands are not known yet, so they are taken to
  // be equal.
  const { workload, ignore_eos: ignoreEos } = baseline.plan;
  const promptsName = options.prompts.type === 'synthetic' ? null : workload;
  const plan = describePlan(options, [], { promptsName, ignoreEos });
  const candidate = { ...baseline, machine, plan };
  checkComparable(differencesOf({ baseline, candidate, interleaved: false }), allowed);
}
