import { parseObjective, type Objective } from './objectives.js';
import { percentiles } from './metric-names.js';
import { plural, tickText, timeText } from './numbers.js';
import { wholeSettingText } from './setting-text.js';
import type { BenchResult, Setting } from './result-schema.js';
import type { SettingSummary } from './summarise.js';

/** Whether one setting keeps one objective. */
export interface ObjectiveVerdict {
  readonly settings: Setting;
  /** As it was given: `ttft.p95<500ms`. */
  readonly objective: string;
  readonly state: 'met' | 'missed' | 'unknown';
  /** What was measured, or why that cannot be told; the rest of a sentence without its end. */
  readonly finding: string;
}

/**
 * Every objective at every setting that was measured: a job that names settings wants them all to be good.
 *
 * Objectives with a percentile are about all requests of a setting, all trials together; those without a percentile must hold
 * for every single one. A request without an answer is slower than any limit.
 */
export function judgeObjectives(
  { plan }: Pick<BenchResult, 'plan'>,
  summaries: readonly SettingSummary[],
): readonly ObjectiveVerdict[] {
  return plan.slo.map(parseObjective).flatMap((objective) =>
    summaries.map((summary) => ({
      settings: summary.settings,
      objective: objective.text,
      ...judged(objective, summary),
    })),
  );
}

/** One sentence for each objective that was missed or cannot be judged. */
export function objectiveSentences(verdicts: readonly ObjectiveVerdict[]): readonly string[] {
  const words = { missed: 'Objective missed', unknown: 'Objective not judged' } as const;
  return verdicts.flatMap(({ state, objective, settings, finding }) =>
    state === 'met' ? [] : [`${words[state]}: ${objective} at ${wholeSettingText(settings)}: ${finding}.`],
  );
}

type Finding = Pick<ObjectiveVerdict, 'state' | 'finding'>;

function judged(objective: Objective, summary: SettingSummary): Finding {
  const { completed, refused, failed, timed_out: timedOut } = summary.requests;
  const unanswered = refused + failed + timedOut;
  const share = objective.percentile === null ? 100 : percentiles[objective.percentile];
  if (unanswered > 0 && (completed / (completed + unanswered)) * 100 < share) {
    return {
      state: 'missed',
      finding: `${plural(unanswered, 'request')} of ${completed + unanswered} had no answer`,
    };
  }
  const ms = valueMs(objective, summary, unanswered);
  if (ms === null) {
    return { state: 'unknown', finding: `there are too few samples of ${objective.metric}, or none at all` };
  }
  const limit = tickText(objective.belowMs);
  if (ms < objective.belowMs) return { state: 'met', finding: `${timeText(ms)}, below ${limit}` };
  if (!summary.saturated) return { state: 'missed', finding: `${timeText(ms)}, not below ${limit}` };
  return {
    state: 'unknown',
    finding: `${timeText(ms)}, but the load generator was saturated, and part of that is its own`,
  };
}

/** The percentile among all requests, those without an answer being the slowest. */
function valueMs({ metric, percentile }: Objective, summary: SettingSummary, unanswered: number): number | null {
  const histogram = summary.histograms.get(metric);
  if (percentile === null) return histogram?.maxMs ?? null;
  const shown = summary.metrics[metric][percentile];
  if (unanswered === 0 || shown === null || histogram === undefined) return shown;
  const { completed } = summary.requests;
  return histogram.quantileMs((percentiles[percentile] * (completed + unanswered)) / completed);
}
