import type { Run } from '../measurement/result-schema.js';
import type { Objective } from '../measurement/settings/objectives.js';
import type { FindMaxOptions } from './plan/options.js';
import type { RunTrend } from './record/run-trend.js';
import { ttftAhead } from './result/overload.js';
import type { Look, SearchedObjective } from './search/evidence.js';

/** The figures that a search takes from a run. */
interface LookedAt {
  readonly run: Pick<Run, 'overload' | 'aborted_on' | 'filling_seconds'> & {
    readonly requests: Pick<Run['requests'], 'completed'>;
  };
  readonly trend: RunTrend;
}

/** How a run was made, and for what. */
interface LookedFor {
  readonly load: number;
  readonly search: Pick<FindMaxOptions, 'objectives' | 'by'>;
  /** How long the load lasted, with its warm-up. */
  readonly ranMs: number;
  /** How long the longest measurement of the search lasts, with its warm-up. */
  readonly longestMs: number;
}

/** A measurement in the form that the search needs. */
export function lookOf({ run, trend }: LookedAt, { load, search, ranMs, longestMs }: LookedFor): Look {
  const { objectives, by } = search;
  const aheadMs = by === 'rate' ? ttftAhead(trend, longestMs) : null;
  const isBroken = (objective: Objective): boolean => (spareMs(objective, trend, aheadMs ?? 0) ?? Infinity) <= 0;
  return {
    load,
    missed: objectives.map((_, index) => piecesOf(trend, index)),
    answered: run.requests.completed,
    isOverloaded: run.overload !== undefined || run.aborted_on === 'overload',
    isUntold: run.filling_seconds !== undefined,
    isRising: aheadMs !== null && objectives.some(isBroken),
    hiddenExcess: by === 'rate' ? hiddenExcess(objectives, trend, ranMs) : 0,
  };
}

/**
 * Whether a measurement says more about the load generator than about the server: it was too busy, or sent requests late.
 *
 * @param isLateFine whether late requests that keep all objectives count for the server: at a rate, they are no lighter load, and
 *   where answers take a few milliseconds, a timer is late by as much. Not at a load at which some have missed an objective.
 */
export function isOfLoadGenerator(
  { run }: { readonly run: Pick<Run, 'client'> },
  look: Look,
  objectives: readonly SearchedObjective[],
  isLateFine: boolean,
): boolean {
  const saturation = run.client.saturation ?? [];
  if (saturation.includes('cpu')) return true;
  if (!saturation.includes('late-sends')) return false;
  const isBroken = objectives.some((objective, index) => isMissed(objective, look.missed[index] ?? []));
  return !isLateFine || look.isOverloaded || isBroken;
}

function isMissed({ allowedShare }: SearchedObjective, pieces: Look['missed'][number]): boolean {
  const attempts = pieces.reduce((sum, piece) => sum + piece.attempts, 0);
  const misses = pieces.reduce((sum, piece) => sum + piece.successes, 0);
  return misses > allowedShare * attempts;
}

/** The queue of a load that exceeds what the server can do by a share becomes longer by that share of the time. */
function hiddenExcess(objectives: readonly Objective[], trend: RunTrend, ranMs: number): number {
  const answers = sum(trend, ({ firstTokens }) => firstTokens);
  if (answers === 0) return 0;
  const ttftMs = sum(trend, ({ ttftUs }) => ttftUs) / answers / 1000;
  const spare = objectives.flatMap((objective) => spareMs(objective, trend, ttftMs) ?? []);
  return spare.length === 0 ? 0 : Math.max(0, Math.min(...spare)) / ranMs;
}

/** How much longer requests could wait before an objective is missed; null if waiting does not matter to it, or that is not known. */
function spareMs({ metric, belowMs }: Objective, trend: RunTrend, ttftMs: number): number | null {
  switch (metric) {
    case 'ttft':
    case 'ttft_from_schedule':
      return belowMs - ttftMs;
    case 'e2e': {
      const answers = sum(trend, ({ firstTokens }) => firstTokens);
      return belowMs - ttftMs - sum(trend, ({ streamUs }) => streamUs) / Math.max(1, answers) / 1000;
    }
    case 'queue_wait':
    case 'client_wait':
    case 'prefill':
    case 'delivery':
    case 'tpot':
    case 'chunk_gap':
      return null;
  }
}

function sum({ bins }: RunTrend, of: (bin: RunTrend['bins'][number]) => number): number {
  return bins.reduce((total, bin) => total + of(bin), 0);
}

/** Pieces of a run that are counted together. */
const pieces = 16;

function piecesOf({ bins }: RunTrend, objective: number): Look['missed'][number] {
  const size = Math.max(1, Math.ceil(bins.length / pieces));
  return Array.from({ length: Math.ceil(bins.length / size) }, (_, index) => {
    const own = bins.slice(index * size, (index + 1) * size);
    return {
      successes: own.reduce((sum, { missed }) => sum + (missed[objective] ?? 0), 0),
      attempts: own.reduce((sum, { judged }) => sum + (judged[objective] ?? 0), 0),
    };
  });
}
