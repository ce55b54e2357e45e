import { LatencyHistogram } from '../../measurement/latency/histogram.js';
import { metricOf } from '../../measurement/latency/metric.js';
import type { Run } from '../../measurement/result-schema.js';
import type { RunPart } from '../record/run-part.js';

/** Which figures the shape of the load adds to a run, according to its plan. */
export interface PlannedShape {
  readonly maxInFlight: boolean;
  readonly cancel: boolean;
  readonly probes: boolean;
}

/**
 * What depends on the shape of the load: requests that were held back, clients that left, and the results of probes.
 *
 * @param completed requests of the run
 */
export function loadShapeFiguresIn(
  parts: readonly RunPart[],
  planned: PlannedShape,
  completed: number,
): Pick<Run, 'held_back' | 'cancelled' | 'probes'> {
  return {
    ...(planned.maxInFlight ? { held_back: heldBackIn(parts, completed) } : {}),
    ...(planned.cancel ? { cancelled: cancelledIn(parts) } : {}),
    ...(planned.probes ? { probes: probesIn(parts) } : {}),
  };
}

/** Requests that were held back. @param completed requests of the run */
export function heldBackIn(parts: readonly RunPart[], completed: number): NonNullable<Run['held_back']> {
  const held = parts.map(({ heldBack }) => heldBack);
  const answeredUs = held.reduce((sum, each) => sum + each.answeredUs, 0);
  return {
    requests: held.reduce((sum, { requests }) => sum + requests, 0),
    mean_ms: completed === 0 ? 0 : inMs(answeredUs / completed),
    max_ms: inMs(Math.max(0, ...held.map(({ longestUs }) => longestUs))),
  };
}

function cancelledIn(parts: readonly RunPart[]): NonNullable<Run['cancelled']> {
  const total = { requests: 0, left: 0, left_before_first_token: 0, answered: 0, unanswered: 0 };
  for (const { leavers } of parts) {
    total.requests += leavers.requests;
    total.left += leavers.left;
    total.left_before_first_token += leavers.leftBeforeFirstToken;
    total.answered += leavers.answered;
    total.unanswered += leavers.unanswered;
  }
  return total;
}

function probesIn(parts: readonly RunPart[]): NonNullable<Run['probes']> {
  const probes = parts.map((part) => part.probes);
  const histograms = probes.flatMap(({ ttft }) => (ttft === null ? [] : [LatencyHistogram.decode(ttft)]));
  return {
    completed: probes.reduce((sum, { completed }) => sum + completed, 0),
    unanswered: probes.reduce((sum, { unanswered }) => sum + unanswered, 0),
    ttft: metricOf(LatencyHistogram.merged(histograms)),
  };
}

/** To the microsecond. */
function inMs(us: number): number {
  return Math.round(us) / 1000;
}
