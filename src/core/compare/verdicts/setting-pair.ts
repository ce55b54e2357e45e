import type { Setting } from '../../measurement/result-schema.js';
import { isOverloaded, isOverloadedRun } from '../../measurement/validity/overload.js';
import { touches } from '../../measurement/validity/saturation.js';
import { proportionRatio } from '../../statistics/proportion.js';
import { type Ratio, ratioOf } from '../../statistics/ratio.js';
import type { ComparedMetric } from '../compared-metric.js';
import type { ComparedRow } from '../comparison.js';
import { type Doubt, type GateOutcome, judge, type Judgement, tendencyOf } from '../judgement.js';
import type { FigureThreshold } from '../threshold.js';
import { absenceOf } from '../trials/absence.js';
import { answersFewer } from '../trials/answers-fewer.js';
import { widened } from '../trials/client-error.js';
import { type Confidence, confidenceOf } from '../trials/confidence.js';
import { conflictOf } from '../trials/conflict.js';
import { neededSamplesText } from '../trials/needed-samples.js';
import type { SettingTrials } from '../trials/setting-trials.js';
import { isDelayTooLong } from '../trials/width.js';

/** A fixed seed, so that the same comparison gives the same intervals each time. */
const seed = 1;

/** The interval allows for the load generator's own delay. */
type JudgedRatio = Ratio & Pick<ComparedRow, 'spread'>;

/** Both sides of one setting. */
export class SettingPair {
  readonly #interleaved: boolean;
  readonly #confidence: Confidence;

  constructor(
    readonly settings: Setting,
    readonly baseline: SettingTrials,
    readonly candidate: SettingTrials,
    { interleaved, candidates }: { readonly interleaved: boolean; readonly candidates: number },
  ) {
    this.#interleaved = interleaved;
    this.#confidence = confidenceOf(baseline, candidate, candidates);
  }

  compare(metric: ComparedMetric, threshold: FigureThreshold | null): ComparedRow {
    const conflict = conflictOf(metric, this.baseline, this.candidate);
    const ratio = conflict === null ? this.#ratio(metric) : null;
    return {
      settings: this.settings,
      metric,
      baseline: this.baseline.value(metric),
      candidate: this.candidate.value(metric),
      trials: { baseline: trialsOf(this.baseline, metric), candidate: trialsOf(this.candidate, metric) },
      ratio: ratio?.ratio ?? null,
      interval: ratio?.interval ?? null,
      spread: ratio?.spread ?? null,
      judgement: this.#judgement(metric, threshold, ratio, conflict),
    };
  }

  #ratio(metric: ComparedMetric): JudgedRatio | null {
    const { tail } = this.#confidence;
    if (metric.id === 'success_rate') {
      const counted = proportionRatio(this.baseline.answered, this.candidate.answered, tail);
      return counted === null ? null : { ...counted, spread: counted.interval };
    }
    const before = this.baseline.statistic(metric);
    const after = this.candidate.statistic(metric);
    if (before === null || after === null) return null;
    const ratio = ratioOf(before, after, { paired: this.#interleaved, seed, tail });
    if (ratio?.interval == null) return ratio === null ? null : { ...ratio, spread: null };
    const errors = { baseline: this.baseline.errorOf(metric), candidate: this.candidate.errorOf(metric) };
    return { ...ratio, spread: ratio.interval, interval: widened(ratio.interval, metric, errors, this.#interleaved) };
  }

  #judgement(
    metric: ComparedMetric,
    threshold: FigureThreshold | null,
    ratio: JudgedRatio | null,
    conflict: string | null,
  ): Judgement {
    if (threshold === null) {
      const interval = ratio?.interval ?? null;
      return { type: 'shown', tendency: interval === null ? 'unclear' : tendencyOf(interval, metric.type) };
    }
    return { type: 'gated', threshold, outcome: this.#outcome(threshold, ratio, conflict) };
  }

  #outcome(threshold: FigureThreshold, ratio: JudgedRatio | null, conflict: string | null): GateOutcome {
    // This needs no statistics: a server that no longer answers must not pass because it has no figures.
    if (this.#isLost(threshold.metric)) return { verdict: 'regression', cause: 'lost' };
    const { metric } = threshold;
    // This holds for any number of requests: nothing failed.
    if (metric.id === 'success_rate' && this.candidate.completed > 0 && this.candidate.failedShare === 0) {
      return { verdict: 'pass' };
    }
    if (metric.id !== 'success_rate' && this.#isOverloaded()) return { verdict: 'regression', cause: 'overloaded' };
    const doubt = this.#doubt(metric, ratio, conflict);
    if (doubt !== null) return { verdict: 'inconclusive', doubt };
    if (ratio?.interval == null) return { verdict: 'inconclusive', doubt: { reason: 'too-wide', isLasting: false } };
    const outcome = judge(ratio.interval, threshold);
    if (outcome.verdict !== 'inconclusive' || !isDelayTooLong(ratio, threshold.limit)) return outcome;
    return { verdict: 'inconclusive', doubt: { reason: 'too-wide', isLasting: true } };
  }

  /** Whether the candidate lacks a figure that the baseline has, and clearly answers fewer of its requests. */
  #isLost(metric: ComparedMetric): boolean {
    if (this.baseline.completed === 0) return false;
    if (this.candidate.completed === 0) return true;
    const fails = answersFewer(this.baseline.answered, this.candidate.answered, this.#confidence.tail);
    return fails && this.baseline.statistic(metric) !== null && this.candidate.statistic(metric) === null;
  }

  /**
   * Whether the candidate cannot follow a load that the baseline can. A search for the limit goes beyond it on purpose,
   * and close to it, either may be overloaded by chance.
   */
  #isOverloaded(): boolean {
    const { runs, plan } = this.candidate;
    return plan.find_max === undefined && isOverloaded(runs) && !this.baseline.runs.some(isOverloadedRun);
  }

  #doubt(metric: ComparedMetric, ratio: JudgedRatio | null, conflict: string | null): Doubt | null {
    if (conflict !== null) return { reason: 'not-measured', explanation: conflict, isLasting: true };
    if (ratio === null) {
      const isLasting = [this.baseline, this.candidate].some((side) => side.neverHas(metric));
      return { reason: 'not-measured', explanation: this.#missing(metric), isLasting };
    }
    // Failures are counted: neither the spread between trials nor a late load generator reduces them.
    if (metric.id === 'success_rate') return null;
    const saturation = this.#saturationOf(metric);
    if (saturation !== null) return saturation;
    const { needed } = this.#confidence;
    const [baseline, candidate] = [this.baseline.trialsWith(metric), this.candidate.trialsWith(metric)];
    if (baseline >= needed.baseline && candidate >= needed.candidate) return null;
    // Only a side that is being measured gets more trials.
    const isLasting = !this.#interleaved && baseline < needed.baseline;
    const most = Math.max(needed.baseline, needed.candidate);
    const hasEmptyTrials = baseline < this.baseline.runs.length || candidate < this.candidate.runs.length;
    return { reason: 'too-few-trials', baseline, candidate, needed: most, hasEmptyTrials, isLasting };
  }

  #saturationOf(metric: ComparedMetric): Doubt | null {
    const sides = [this.baseline, this.candidate];
    const name = metric.type === 'latency' ? metric.metric : 'rate';
    const saturation = new Set(
      sides.flatMap(({ saturation, runs }) =>
        saturation.filter((each) => touches(each, name, runs[0]?.metrics.queue_wait.source ?? 'unavailable')),
      ),
    );
    if (saturation.size === 0) return null;
    return {
      reason: 'saturated-client',
      saturation: [...saturation],
      delayMs: Math.max(...sides.map(({ clientError }) => clientError.delay.meanMs)),
      cpuShare: Math.max(...sides.flatMap(({ runs }) => runs.map(({ client }) => client.cpu_share))),
    };
  }

  #missing(metric: ComparedMetric): string {
    if (this.baseline.completed === 0) return 'the baseline completed no request';
    const [before, after] = [this.baseline.statistic(metric), this.candidate.statistic(metric)];
    const who = before === null && after === null ? 'neither side' : before === null ? 'the baseline' : 'the candidate';
    if (before !== null && after !== null) return `${metric.id} of the baseline is 0, so there is no ratio`;
    const absence = absenceOf(metric, this.baseline, this.candidate);
    if (absence !== null) return absence;
    return metric.type === 'latency'
      ? `${who} ${who === 'neither side' ? 'has' : 'does not have'} enough samples: ${neededSamplesText(metric)}`
      : `${who} ${who === 'neither side' ? 'has' : 'does not have'} ${metric.id}`;
  }
}

/** Failures are counted in every trial. */
function trialsOf({ runs, allRuns }: SettingTrials, { id }: ComparedMetric): number {
  return (id === 'success_rate' ? allRuns : runs).length;
}
