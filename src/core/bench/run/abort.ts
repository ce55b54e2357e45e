import { percentiles } from '../../measurement/metric-names.js';
import type { Objective } from '../../measurement/settings/objectives.js';
import type { AbortRule } from '../plan/abort-rules.js';
import type { RunSnapshot } from '../record/run-recorder.js';
import { mergedTrend, type TrendBin } from '../record/run-trend.js';
import { type Filling, queueGrowthOf } from '../result/overload.js';

/** The state of a run in progress. */
export interface RunningRun {
  readonly snapshots: readonly Pick<RunSnapshot, 'completed' | 'unanswered' | 'heldBack' | 'trend'>[];
  /** Of the window, 0 to 1; null if the run ends after a number of requests. */
  readonly elapsedShare: number | null;
  /** The share of the window's requests, if it is known; absent: the same as the share of the time. */
  readonly sentShare?: number | null;
  /** How many requests end the run; absent or null: unknown, or something else ends it. */
  readonly requests?: number | null;
  readonly measuredMs: number;
  /** Whether requests are sent on a schedule with a constant rate. */
  readonly isOpenLoop: boolean;
  readonly filling: Filling;
  /** Whose misses the trends count. */
  readonly trackedObjectives: readonly Objective[];
}

/** Fewer requests than this may all have failed by chance. */
const leastRequests = 20;

/** An early trend may be that of a queue that is only filling up. */
const overloadAfter = { share: 0.5, ms: 5000 } as const;

/** The rule that ends the run now, as it was given; null if none does. */
export function abortReason(rules: readonly AbortRule[], run: RunningRun): string | null {
  return rules.find((rule) => applies(rule, run))?.text ?? null;
}

function applies(rule: AbortRule, run: RunningRun): boolean {
  const { snapshots, elapsedShare, measuredMs, isOpenLoop, filling, trackedObjectives } = run;
  switch (rule.type) {
    case 'overload': {
      const isLate = elapsedShare === null ? measuredMs >= overloadAfter.ms : elapsedShare >= overloadAfter.share;
      if (!isOpenLoop || !isLate) return false;
      return queueGrowthOf(mergedTrend(snapshots.map(({ trend }) => trend)), filling).overload !== null;
    }
    case 'errors': {
      const unanswered = snapshots.reduce((sum, snapshot) => sum + snapshot.unanswered, 0);
      const ended = snapshots.reduce((sum, snapshot) => sum + snapshot.completed, unanswered);
      return ended >= leastRequests && unanswered > rule.share * ended;
    }
    case 'slo':
      return trackedObjectives.some((objective, index) => isLost(objective, index, run));
  }
}

/** Whether so many values missed a limit that the objective is missed even if all other values of the run meet it. */
function isLost({ metric, percentile }: Objective, index: number, run: RunningRun): boolean {
  const { snapshots, elapsedShare, sentShare = elapsedShare, requests = null } = run;
  const bins = snapshots.flatMap(({ trend }) => trend.bins);
  const missed = bins.reduce((sum, bin) => sum + (bin.missed[index] ?? 0), 0);
  const allowed = percentile === null ? 0 : 1 - percentiles[percentile] / 100;
  if (allowed === 0) return missed > 0;
  // The share refers to requests that are due, including those that are held back.
  const heldBack = snapshots.reduce((sum, snapshot) => sum + snapshot.heldBack, 0);
  const due = bins.reduce((sum, bin) => sum + bin.sent, heldBack);
  const inProportion = sentShare === null || sentShare === 0 ? Infinity : due / sentShare;
  const perRequest = metric === 'chunk_gap' ? valuesPerRequest(bins, index, snapshots) : 1;
  const expected = (requests ?? inProportion) * perRequest;
  return missed > leastMisses && missed > allowed * expected;
}

/** An answer has many gaps between its chunks. */
function valuesPerRequest(bins: readonly TrendBin[], index: number, snapshots: RunningRun['snapshots']): number {
  const judged = bins.reduce((sum, bin) => sum + (bin.judged[index] ?? 0), 0);
  const ended = snapshots.reduce((sum, { completed, unanswered }) => sum + completed + unanswered, 0);
  return Math.max(1, judged / Math.max(1, ended));
}

/** Above this many, the share of the whole run can be estimated. */
const leastMisses = 5;
