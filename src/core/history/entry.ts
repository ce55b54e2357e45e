import { allMetrics } from '../compare/compared-metric.js';
import { cacheDifferences, type Difference, differencesOf, isAllowed } from '../compare/differences.js';
import type { Side } from '../compare/side.js';
import type { MeanTokens } from '../compare/trials/answer-lengths.js';
import { SettingTrials } from '../compare/trials/setting-trials.js';
import { bySetting } from '../measurement/by-setting.js';
import type { BenchResult, Run } from '../measurement/result-schema.js';
import { mergedPromptCache } from '../measurement/settings/prompt-cache.js';
import { stoppedByUser } from '../measurement/validity/ended-early.js';
import { isOverloadedRun } from '../measurement/validity/overload.js';
import { clientErrorsIn } from './client-error.js';
import type { HistoryEntry, HistoryRow } from './entry-schema.js';
import { rounded } from './figure-values.js';
import type { Revision } from './revision.js';

export const entrySchemaName: HistoryEntry['schema'] = 'chatstream.history/v1';

/** What is known about a measurement but not part of its result. */
export interface Provenance extends Revision {
  readonly note: string | null;
}

/**
 * What a history stores of a result; for a result of `--versus`, that of the first server.
 *
 * @param name of the file, for messages
 * @throws ChatstreamError `usage` for a result with a broken histogram
 */
export function entryOf(result: BenchResult, { commit, branch, dirty, note }: Provenance, name: string): HistoryEntry {
  const { tool, started_at, interrupted, ended_early: endedEarly, target, plan, machine, runs } = result;
  return {
    schema: entrySchemaName,
    started_at,
    commit,
    dirty,
    branch,
    note,
    tool: { version: tool.version },
    interrupted,
    ...(endedEarly === undefined ? {} : { ended_early: endedEarly }),
    target,
    plan,
    machine,
    prompt_cache: mergedPromptCache(runs),
    rows: [...bySetting(runs).values()].flatMap((trials) => rowOf(trials, { name, plan })),
  };
}

function rowOf(runs: readonly Run[], side: Pick<Side, 'name' | 'plan'>): HistoryRow[] {
  const [first] = runs;
  if (first === undefined) return [];
  const trials = new SettingTrials(runs, side);
  const total = (name: keyof HistoryRow['requests']): number => runs.reduce((sum, run) => sum + run.requests[name], 0);
  return [
    {
      settings: first.settings,
      trials: runs.length,
      requests: {
        completed: total('completed'),
        refused: total('refused'),
        failed: total('failed'),
        timed_out: total('timed_out'),
      },
      saturated: trials.saturation.length > 0,
      saturation: [...trials.saturation],
      overloaded_trials: runs.filter(isOverloadedRun).length,
      aborted_on: abortReasons(runs),
      queue_wait_source: sources(runs.map(({ metrics }) => metrics.queue_wait.source)),
      output_tokens_source: sources(runs.map((run) => run.output_tokens_source)),
      answer_tokens: answerTokens(trials),
      client_error: clientErrorsIn(trials),
      figures: figuresOf(trials),
    },
  ];
}

function figuresOf(trials: SettingTrials): HistoryRow['figures'] {
  return Object.fromEntries(
    allMetrics.map((metric) => {
      const value = trials.value(metric);
      return [metric.id, value === null ? null : rounded(value, metric)];
    }),
  );
}

/** An overload is counted beside. */
function abortReasons(runs: readonly Run[]): string[] {
  const reasons = runs.flatMap(({ aborted_on: reason }) => reason ?? []);
  return [...new Set(reasons)].filter((reason) => reason !== 'overload').sort();
}

function sources(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' and ');
}

/** To 6 digits, as rates are. */
function answerTokens(trials: SettingTrials): MeanTokens | null {
  const each = trials.tokensEach('output_tokens_per_second');
  if (each === null) return null;
  return { mean: Number(each.mean.toPrecision(6)), error: Number(each.error.toPrecision(6)) };
}

/** Equal for entries of the same measurement, as when a job is repeated and adds its result again. */
export function identityOf({ started_at, target, plan, rows }: HistoryEntry): string {
  return JSON.stringify([started_at, target.url, target.model, plan, rows.map(({ settings }) => settings)]);
}

/**
 * Why an earlier entry cannot be compared with another, in the words of `compare`; none if it can.
 *
 * @param allowed differences that do not matter, as `--allow` names them
 */
export function differencesBetween(
  earlier: HistoryEntry,
  entry: HistoryEntry,
  allowed: readonly string[],
): readonly Difference[] {
  const sides = { baseline: sideOf(earlier), candidate: sideOf(entry), interleaved: false };
  return [...differencesOf(sides), ...cacheDifferences([earlier], [entry])].filter(
    ({ field }) => !isAllowed(field, allowed),
  );
}

function sideOf({ target, plan, machine, tool, started_at, interrupted }: HistoryEntry): Side {
  return {
    name: started_at,
    target,
    plan,
    machine,
    runs: [],
    toolVersion: tool.version,
    startedAt: started_at,
    endedEarly: interrupted ? stoppedByUser : null,
  };
}
