import type { JudgedMetric } from '../../compare/compared-metric.js';
import type { ComparedRow, Comparison } from '../../compare/comparison.js';
import type { Side } from '../../compare/side.js';
import type { Plan } from '../../measurement/result-schema.js';
import { conclusionOf } from './conclusion.js';
import { doubtText } from './words.js';

/** The comparison for scripts. Unknown and infinite values are null. */
export function comparisonJson(comparison: Comparison): object {
  const { verdict, interleaved, baseline, candidate, rows, unmatched, differences, notes } = comparison;
  return {
    schema: 'chatstream.compare/v1',
    verdict,
    message: conclusionOf(comparison).join(' '),
    interleaved,
    baseline: sideJson(baseline),
    candidate: sideJson(candidate),
    allowed_differences: differences,
    unmatched_settings: unmatched,
    notes,
    rows: rows.map((row) => rowJson(row, candidate.plan)),
  };
}

function sideJson({ name, target, startedAt, toolVersion, endedEarly }: Side): object {
  const interrupted = endedEarly !== null;
  return { name, target, started_at: startedAt, tool_version: toolVersion, interrupted, ended_early: endedEarly };
}

function rowJson(row: ComparedRow, plan: Plan): object {
  const { settings, metric, baseline, candidate, trials, ratio, interval, judgement } = row;
  const gated = judgement.type === 'gated' ? judgement : null;
  const doubt = gated?.outcome.verdict === 'inconclusive' ? gated.outcome.doubt : null;
  return {
    settings,
    metric: metric.id,
    unit: unitOf(metric),
    baseline,
    candidate,
    trials,
    ratio,
    interval: interval === null ? null : { lower: interval.lower, upper: finite(interval.upper) },
    threshold: gated?.threshold.text ?? null,
    limit: gated?.threshold.limit ?? null,
    verdict: gated?.outcome.verdict ?? null,
    tendency: judgement.type === 'shown' ? judgement.tendency : null,
    reason: doubt?.reason ?? null,
    explanation: doubt === null ? null : doubtText(doubt, row, plan),
  };
}

function unitOf(metric: JudgedMetric): 'ms' | 'share' | 'per_second' | 'count' {
  switch (metric.type) {
    case 'latency':
      return 'ms';
    case 'rate':
      return metric.rate === 'success_rate' ? 'share' : 'per_second';
    case 'limit':
      return metric.by === 'rate' ? 'per_second' : 'count';
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
