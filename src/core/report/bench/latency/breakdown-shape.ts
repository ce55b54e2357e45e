import type { MetricFigures } from '../../../measurement/result-schema.js';
import type { Mass } from './masses.js';

/** The latencies of one group of requests. */
interface GroupLatencies {
  readonly name: string;
  readonly masses: readonly Mass[];
  readonly figures: MetricFigures;
}

/** The latencies of all groups at a setting, to be drawn below each other. */
export interface LatenciesByGroup {
  readonly title: string;
  /** In a sentence; empty if there is only one setting. */
  readonly setting: string;
  /** The same in a column. */
  readonly settingCell: string;
  readonly groups: readonly GroupLatencies[];
}

/** A table of requests that are counted separately, one row per setting and group, and its contents in sentences. */
export interface Breakdown {
  readonly title: string;
  readonly heading: readonly string[];
  /** How many of the first columns say what a row is about. */
  readonly names: number;
  readonly rows: readonly (readonly string[])[];
  readonly sentences: readonly string[];
  /** One for each setting; left out where there is nothing to draw. */
  readonly latencies?: readonly LatenciesByGroup[];
}
