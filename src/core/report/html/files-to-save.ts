import type { Comparison } from '../../compare/comparison.js';
import type { ComparableResult } from '../../compare/side.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import { toCsv } from '../bench/formats/csv.js';
import { toSeriesCsv } from '../bench/formats/series-csv.js';
import { toStagesCsv } from '../bench/formats/stages-csv.js';
import { comparisonJson } from '../compare/json.js';

/** The result that a report was compared with; null without one, and with --versus, as the report's own result has both. */
export function baselineOf(comparison: Comparison | null): ComparableResult | null {
  return comparison === null || comparison.interleaved ? null : (comparison.baseline.result ?? null);
}

/** What the reader of a report can save, by the names of the files: text as it is, everything else as JSON. */
export function filesToSave(result: BenchResult, comparison: Comparison | null): Readonly<Record<string, unknown>> {
  const baseline = baselineOf(comparison);
  const hasStages = result.runs.some(({ stages }) => stages !== undefined);
  const hasSeries = result.runs.some(({ series }) => series !== undefined);
  return {
    'result.json': result,
    'result.csv': toCsv(result),
    ...(hasStages ? { 'result.stages.csv': toStagesCsv(result) } : {}),
    ...(comparison === null ? {} : { 'comparison.json': comparisonJson(comparison) }),
    ...(baseline === null ? {} : { 'baseline.json': baseline }),
    ...(hasSeries ? { 'result.series.csv': toSeriesCsv(result) } : {}),
  };
}
