import type { RunSnapshot } from './run-recorder.js';
import { mergedTrend } from './run-trend.js';

/** The state of several threads as that of one. Percentiles cannot be merged, so it has the worst of each. */
export function mergedSnapshot(snapshots: readonly RunSnapshot[]): RunSnapshot {
  const sum = (of: (snapshot: RunSnapshot) => number): number =>
    snapshots.reduce((total, snapshot) => total + of(snapshot), 0);
  const rejections = snapshots.map(({ rejection }) => rejection);
  return {
    completed: sum(({ completed }) => completed),
    warmup: sum(({ warmup }) => warmup),
    inFlight: sum(({ inFlight }) => inFlight),
    heldBack: sum(({ heldBack }) => heldBack),
    unanswered: sum(({ unanswered }) => unanswered),
    servedTokens: sum(({ servedTokens }) => servedTokens),
    p50Ms: worst(snapshots.map(({ p50Ms }) => p50Ms)),
    isP50Rough: isRough(snapshots),
    p95Ms: worst(snapshots.map(({ p95Ms }) => p95Ms)),
    trend: mergedTrend(snapshots.map(({ trend }) => trend)),
    rejection: rejections.includes(null) ? null : (rejections[0] ?? null),
  };
}

/** Whether any of the medians, each of which may be the worst, is based on few requests. */
function isRough(snapshots: readonly Pick<RunSnapshot, 'p50Ms' | 'isP50Rough'>[]): boolean {
  const known = snapshots.filter(({ p50Ms }) => p50Ms !== null);
  return known.length === 0 || known.some(({ isP50Rough }) => isP50Rough);
}

function worst(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
