import type { BenchResult } from '../../../measurement/result-schema.js';
import { headlineOf } from '../../bench/columns.js';
import type { LatenciesByGroup } from '../../bench/latency/breakdown-shape.js';
import type { Markup } from '../../text/markup.js';
import { cut } from '../../text/style.js';
import type { PlotLibrary } from '../plot/draw.js';
import { distributionFigure } from './distributions.js';
import { groupStyle } from './legend.js';
import { limitsOf } from './limits.js';

/** Of a name, in characters: what there is room for beside a row. */
const widestName = { wide: 22, narrow: 9 } as const;

/** The distributions of the latencies of groups at a setting, and below them the share of requests that took no longer. */
export function groupFigure(
  plot: PlotLibrary,
  result: BenchResult,
  { title, setting, groups }: LatenciesByGroup,
): Markup {
  return distributionFigure(plot, {
    title: setting === '' ? title : `${title} at ${setting}`,
    limits: limitsOf(result, headlineOf(result).metric === 'e2e' ? 'e2e' : 'ttft'),
    distributions: groups.map(({ name, masses, figures }, index) => ({
      name: labelOf(name, widestName.wide),
      shortName: labelOf(name, widestName.narrow),
      ...groupStyle(index),
      ...{ masses, figures },
    })),
  });
}

/** Lines break between words only: with a hyphen that does not break. */
function labelOf(name: string, width: number): string {
  return cut(name, width).replaceAll('-', '\u2011');
}
