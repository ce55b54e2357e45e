import { cut, padStart, type ReportStyle } from '../../text/style.js';
import type { LatenciesByGroup } from './breakdown-shape.js';
import { commonAxis, plotLines } from './density.js';

/** Of the name of a group, in columns. */
const widestName = 24;

/**
 * Plots how long the requests of each group took, one line per setting and group, all on one axis.
 *
 * @returns [] without samples
 */
export function groupPlot(latencies: readonly LatenciesByGroup[], style: ReportStyle): readonly string[] {
  const [first] = latencies;
  if (first === undefined) return [];
  const widestSetting = Math.max(...latencies.map(({ settingCell }) => settingCell.length));
  const rows = latencies.flatMap(({ settingCell, groups }) =>
    groups.map(({ name, masses, figures }) => ({
      label: `  ${widestSetting === 0 ? '' : `${padStart(settingCell, widestSetting)}  `}${cut(name, widestName)}`,
      ...{ masses, figures },
    })),
  );
  const axis = commonAxis(
    rows.flatMap(({ masses }) => masses),
    [],
  );
  const [lines = []] = plotLines([{ title: first.title, colour: 'cyan', rows }], axis, style);
  return lines;
}
