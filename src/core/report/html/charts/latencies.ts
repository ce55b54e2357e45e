import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { headlineOf } from '../../bench/columns.js';
import { massesOf } from '../../bench/latency/masses.js';
import { chartLabels } from '../../bench/row-labels.js';
import type { Markup } from '../../text/markup.js';
import type { PlotLibrary } from '../plot/draw.js';
import type { Distribution } from './distribution-row.js';
import { distributionFigure } from './distributions.js';
import { shades } from './legend.js';
import { limitsOf } from './limits.js';

/** Distributions of the latencies that users experience, by setting. */
export function latencyFigures(
  plot: PlotLibrary,
  result: BenchResult,
  measured: readonly SettingSummary[],
): readonly Markup[] {
  // A search measures in the order of its questions.
  const summaries = measured.toSorted((one, other) => loadOf(one) - loadOf(other));
  const headline = headlineOf(result);
  const { texts, shortTexts } = chartLabels(result, summaries);
  const colours = shades(summaries.length);
  const metrics = [
    { metric: headline.metric, title: headline.name },
    { metric: 'queue_wait', title: 'Queue wait' },
    { metric: 'tpot', title: 'Time per output token (TPOT)' },
    { metric: 'e2e', title: 'End to end' },
  ] as const;
  return withoutRepeats(metrics).map(({ metric, title }, place) =>
    distributionFigure(plot, {
      title,
      limits: limitsOf(result, metric),
      isExplained: place > 0,
      distributions: summaries.map((summary, index): Distribution => ({
        name: texts[index] ?? '',
        shortName: shortTexts[index] ?? '',
        colour: colours[index] ?? '',
        masses: massesOf(summary, metric),
        figures: summary.metrics[metric],
      })),
    }),
  );
}

/** The headline may be one of the others. */
export function withoutRepeats<Each extends { readonly metric: string }>(metrics: readonly Each[]): readonly Each[] {
  return metrics.filter(({ metric }, index) => metrics.findLastIndex((each) => each.metric === metric) === index);
}

function loadOf({ settings: { rate, concurrency, max_concurrency: maxConcurrency } }: SettingSummary): number {
  return (rate ?? concurrency ?? 0) * 1000 + (maxConcurrency ?? 0);
}
