import { LatencyHistogram } from '../latency/histogram.js';
import { figuresOf } from '../latency/metric.js';
import type { CancelledFigures, MetricFigures, Run } from '../result-schema.js';

/** What the shape of the load adds to the figures of a setting, all trials together; null for what the plan does not include. */
export interface LoadShapeFigures {
  readonly heldBack: { readonly requests: number; readonly longestMs: number } | null;
  readonly cancelled: CancelledFigures | null;
  readonly probes: { readonly completed: number; readonly unanswered: number; readonly ttft: MetricFigures } | null;
}

export function loadShapeFiguresOf(trials: readonly Run[]): LoadShapeFigures {
  return { heldBack: heldBackOf(trials), cancelled: cancelledOf(trials), probes: probesOf(trials) };
}

function heldBackOf(trials: readonly Run[]): LoadShapeFigures['heldBack'] {
  const known = trials.flatMap(({ held_back: held }) => held ?? []);
  if (known.length === 0) return null;
  return {
    requests: known.reduce((sum, { requests }) => sum + requests, 0),
    longestMs: Math.max(...known.map(({ max_ms: ms }) => ms)),
  };
}

function cancelledOf(trials: readonly Run[]): LoadShapeFigures['cancelled'] {
  const known = trials.flatMap(({ cancelled }) => cancelled ?? []);
  if (known.length === 0) return null;
  const sum = (of: (each: CancelledFigures) => number): number => known.reduce((total, each) => total + of(each), 0);
  return {
    requests: sum(({ requests }) => requests),
    left: sum(({ left }) => left),
    left_before_first_token: sum(({ left_before_first_token: left }) => left),
    answered: sum(({ answered }) => answered),
    unanswered: sum(({ unanswered }) => unanswered),
  };
}

function probesOf(trials: readonly Run[]): LoadShapeFigures['probes'] {
  const known = trials.flatMap(({ probes }) => probes ?? []);
  if (known.length === 0) return null;
  const histograms = known.flatMap(({ ttft }) =>
    ttft.histogram === null ? [] : [LatencyHistogram.decode(ttft.histogram)],
  );
  return {
    completed: known.reduce((sum, { completed }) => sum + completed, 0),
    unanswered: known.reduce((sum, { unanswered }) => sum + unanswered, 0),
    ttft: figuresOf(LatencyHistogram.merged(histograms)),
  };
}
