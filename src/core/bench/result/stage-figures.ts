import type { Run, StageFigures } from '../../measurement/result-schema.js';
import type { RateStage } from '../plan/stages.js';
import { stageGroup } from '../record/counters/group-names.js';
import { emptyGroup, mergedGroups } from '../record/counters/groups.js';
import type { RunPart } from '../record/run-part.js';
import type { RunTrend } from '../record/run-trend.js';
import { figuresOf } from './group-figures.js';
import { type Filling, overloadAmong } from './overload.js';

/** What is known about a run besides its parts. */
interface StagedRun {
  readonly trend: RunTrend;
  readonly filling: Filling;
  /** From the end of the warm-up to the last end, because a run may have been ended in the middle of a stage. */
  readonly spanSeconds: number;
}

/** The figures of each stage of a rate that changes; nothing for a constant rate. */
export function stagesIn(
  parts: readonly RunPart[],
  stages: readonly RateStage[],
  { trend, filling, spanSeconds }: StagedRun,
): Pick<Run, 'stages'> {
  if (stages.length === 0) return {};
  const groups = mergedGroups(parts.map((part) => part.groups));
  let fromSeconds = 0;
  const figures = stages.map((stage, index): StageFigures => {
    const group = groups.get(stageGroup(index)) ?? emptyGroup();
    const [from, to] = [fromSeconds, fromSeconds + stage.durationMs / 1000];
    fromSeconds = to;
    const seconds = Math.max(0, Math.min(to, spanSeconds) - from);
    const perSecond = (amount: number): number => (seconds === 0 ? 0 : amount / seconds);
    const overload =
      stage.fromRate === stage.toRate ? overloadAmong(binsBetween(trend, from, to), trend, filling) : null;
    return {
      from_rate: stage.fromRate,
      to_rate: stage.toRate,
      from_seconds: from,
      to_seconds: to,
      requests_per_second: perSecond(group.servedRequests),
      output_tokens_per_second: perSecond(group.servedTokens),
      ...figuresOf(group),
      ...(overload === null ? {} : { overload }),
    };
  });
  return { stages: figures };
}

/** The pieces of a trend that lie wholly in a stage. */
function binsBetween({ binUs, bins }: RunTrend, fromSeconds: number, toSeconds: number): RunTrend {
  const [first, end] = [Math.ceil((fromSeconds * 1e6) / binUs), Math.floor((toSeconds * 1e6) / binUs)];
  return { binUs, bins: bins.slice(first, end) };
}
