import type { Overload, Run, StageFigures } from '../result-schema.js';
import { groupSummaries, type GroupSummary } from './group-summary.js';

/** A stage over all trials of a setting. */
export interface StageSummary extends GroupSummary {
  /** From 1. */
  readonly number: number;
  readonly stage: Pick<StageFigures, 'from_rate' | 'to_rate' | 'from_seconds' | 'to_seconds'>;
  /** The fastest growth, if the queue grew without end in this stage in most trials; null otherwise. */
  readonly overload: Overload | null;
}

/**
 * The number of the stage in which a moment lies, from 1.
 *
 * @param seconds since the end of the warm-up
 * @returns null after the last stage, and where there are none
 */
export function stageNumberAt(stages: readonly StageFigures[], seconds: number): number | null {
  const index = stages.findIndex((stage) => stage.from_seconds <= seconds && seconds < stage.to_seconds);
  return index === -1 ? null : index + 1;
}

/** The stages of the trials of one setting; none for a constant rate. */
export function stageSummaries(trials: readonly Run[]): readonly StageSummary[] {
  const first = trials.find(({ stages }) => stages !== undefined)?.stages ?? [];
  return first.flatMap((stage, index) => {
    const figures = trials.flatMap(({ stages }) => stages?.[index] ?? []);
    const [summary] = groupSummaries(figures.map((each) => ({ name: String(index + 1), figures: each })));
    if (summary === undefined) return [];
    const tokensPerSecond = figures.reduce((sum, each) => sum + each.output_tokens_per_second, 0) / figures.length;
    return { ...summary, tokensPerSecond, number: index + 1, stage, overload: overloadIn(figures) };
  });
}

function overloadIn(figures: readonly StageFigures[]): Overload | null {
  const found = figures.flatMap(({ overload }) => overload ?? []);
  if (found.length * 2 <= figures.length) return null;
  return found.toSorted((a, b) => b.in_flight_per_second.slope - a.in_flight_per_second.slope)[0] ?? null;
}
