import type { BenchResult } from '../../../measurement/result-schema.js';
import { type Objective, parseObjective } from '../../../measurement/settings/objectives.js';

/** What a report draws limits of: the objectives, and the objectives of a search. */
export function objectivesOf({ plan }: Pick<BenchResult, 'plan'>): readonly Objective[] {
  return [...new Set([...plan.slo, ...(plan.find_max?.promises ?? [])])].map(parseObjective);
}

/** A limit, in milliseconds, with its objective. */
export interface DrawnLimit {
  readonly text: string;
  readonly ms: number;
}

/** The limits for a metric. */
export function limitsOf(result: Pick<BenchResult, 'plan'>, metric: string): readonly DrawnLimit[] {
  return objectivesOf(result).flatMap((each) =>
    each.metric === metric ? [{ text: each.text, ms: each.belowMs }] : [],
  );
}
