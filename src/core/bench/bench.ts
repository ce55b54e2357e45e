import { untilAborted } from '../base/abort.js';
import { asChatstreamError, type ChatstreamError } from '../base/errors.js';
import { createStreamingClient } from './client/streaming-client.js';
import { inThreadLoad } from './load/in-thread.js';
import { chooseWorkers, inWorkersLoad } from './load/in-workers.js';
import type { LoadGenerator, LoadJob } from './load/load-generator.js';
import { type BenchProgress, measureRun } from './measure-run.js';
import type { BenchOptions } from './plan/options.js';
import { describePlan } from './plan/describe-plan.js';
import { longestOf } from '../measurement/lengths.js';
import { type PlannedRun, planRuns, planSettings } from './plan/settings.js';
import { candidateFirst } from './plan/interleaving.js';
import { beginSamplesFile } from './record/samples-file.js';
import { assembleResult, type Session } from './result/assemble-result.js';
import type { BenchResult, Run } from '../measurement/result-schema.js';
import type { SettingSummary } from '../measurement/summarise.js';
import { openTarget, type Target, type TargetHooks } from './target/target.js';
import { measureTokenScale } from './target/token-scale.js';
import { mixSeeds } from '../base/random.js';
import { readPromptsFile } from './workload/prompts-file.js';
import { type Conversation, type WorkloadSpec } from './workload/workload.js';
import { assumedScale, type TokenScale } from './workload/words.js';

export interface BenchHooks extends TargetHooks {
  /** Told several times a second how the current run goes. */
  readonly onProgress: (progress: BenchProgress) => void;
  /** Told each run's result, in the order in which they were measured. */
  readonly onRun: (run: Run, place: { readonly run: number; readonly runs: number }) => void;
}

export interface BenchReport {
  readonly result: BenchResult;
  readonly summaries: readonly SettingSummary[];
  /** What ended it early, after something had been measured; null if nothing did, or if it was told to stop. */
  readonly failure: ChatstreamError | null;
}

/** What of the options had to be looked up first. */
interface Prepared {
  readonly workload: WorkloadSpec;
  readonly promptsName: string | null;
  readonly ignoreEos: boolean;
}

/**
 * The whole bench: reach or start the target, find out what it is, measure every setting in every trial, analyse.
 *
 * The signal of the hooks ends it early, as does a target that is gone; what was measured by then is reported. Whatever
 * happens, the target is left as it was found.
 *
 * @throws ChatstreamError `usage` or `target_unreachable`; the signal's reason if nothing has been measured
 */
export async function bench(options: BenchOptions, hooks: BenchHooks): Promise<BenchReport> {
  const startedAt = new Date();
  const prompts = options.prompts.type === 'file' ? await readPromptsFile(options.prompts.path) : null;
  if (options.samplesPath !== null) beginSamplesFile(options.samplesPath);

  const targets: Target[] = [];
  const workers = options.workers ?? chooseWorkers(options.load, longestOf(options.outputTokens));
  const load = workers === 1 ? inThreadLoad() : inWorkersLoad(workers);
  const unrestored: string[] = [];
  let session: Omit<Session, 'finishedAt' | 'aborted'>;
  try {
    const target = await openTarget(options.target, options, hooks);
    targets.push(target);
    const versus =
      options.versus === null ? null : await openTarget({ type: 'url', url: options.versus }, options, hooks);
    if (versus !== null) targets.push(versus);

    const { settings, warnings } = planSettings(options, commonQueue(targets));
    const ignoreEos = targets.every(({ ignoresEos }) => ignoresEos);
    const prepared = await prepare(options, target, prompts, ignoreEos, hooks.signal);
    const planned = planRuns(settings, options.trials);
    const measured = await measureAll(options, prepared, planned, { target, versus }, { load, workers }, hooks);
    session = {
      startedAt,
      target: target.description,
      versus: versus === null ? null : { target: versus.description, runs: measured.versusRuns },
      plan: describePlan(options, settings, prepared),
      planned: planned.length,
      runs: measured.runs,
      warnings,
      failure: measured.failure,
    };
  } finally {
    await load.close();
    for (const target of targets) {
      const problem = await target.close();
      if (problem !== null) unrestored.push(problem);
    }
  }
  if (session.runs.length === 0) hooks.signal.throwIfAborted();
  const { result, summaries } = await assembleResult(options, {
    ...session,
    finishedAt: new Date(),
    warnings: [...session.warnings, ...unrestored],
    aborted: hooks.signal.aborted,
  });
  return { result, summaries, failure: session.failure };
}

/** Settings can be swept if every target can be told, up to the fewest slots of any. */
function commonQueue(targets: readonly Target[]): { readonly slots: number } | null {
  const slots = targets.map(({ queue }) => queue?.slots ?? 0);
  return slots.includes(0) ? null : { slots: Math.min(...slots) };
}

async function prepare(
  options: BenchOptions,
  target: Target,
  prompts: { readonly name: string; readonly conversations: readonly Conversation[] } | null,
  ignoreEos: boolean,
  signal: AbortSignal,
): Promise<Prepared> {
  const { seed, outputTokens, sharedPrefixTokens } = options;
  const needsScale = prompts === null || sharedPrefixTokens > 0;
  const scale = needsScale ? await askTokenScale(options, target, signal) : assumedScale;
  const common = { seed, outputTokens, sharedPrefixTokens, scale };
  if (options.prompts.type === 'synthetic' || prompts === null) {
    const inputTokens = options.prompts.type === 'synthetic' ? options.prompts.inputTokens : outputTokens;
    return { workload: { type: 'synthetic', inputTokens, ...common }, promptsName: null, ignoreEos };
  }
  const { conversations, name } = prompts;
  return { workload: { type: 'prompts', conversations, ...common }, promptsName: name, ignoreEos };
}

async function askTokenScale(options: BenchOptions, target: Target, signal: AbortSignal): Promise<TokenScale> {
  const client = createStreamingClient({
    url: target.requestsUrl,
    headers: target.headers,
    timeoutMs: options.timeoutMs,
  });
  try {
    return await untilAborted(measureTokenScale(client, bodyOptions(options, target, false)), signal);
  } finally {
    await client.close();
  }
}

function bodyOptions(options: BenchOptions, target: Target, ignoreEos: boolean): LoadJob['body'] {
  return { model: target.description.model, ignoreEos, extraBody: options.extraBody };
}

interface Measured {
  readonly runs: Run[];
  readonly versusRuns: Run[];
  readonly failure: ChatstreamError | null;
}

/** One run after the other; with two targets now one first, now the other, so that drift hits both alike. */
async function measureAll(
  options: BenchOptions,
  prepared: Prepared,
  planned: readonly PlannedRun[],
  { target, versus }: { readonly target: Target; readonly versus: Target | null },
  { load, workers }: { readonly load: LoadGenerator; readonly workers: number },
  hooks: BenchHooks,
): Promise<Measured> {
  const measured: Measured = { runs: [], versusRuns: [], failure: null };
  const runs = planned.length * (versus === null ? 1 : 2);
  let place = 0;
  for (const [index, each] of planned.entries()) {
    const one = { target, results: measured.runs };
    const other = versus === null ? [] : [{ target: versus, results: measured.versusRuns }];
    const order = candidateFirst(each.trial) ? [one, ...other] : [...other, one];
    for (const { target: current, results } of order) {
      if (hooks.signal.aborted) return measured;
      place += 1;
      const job = jobOf(options, prepared, each, index, current, workers);
      try {
        const run = await measureRun(each, { run: place, runs }, job, current, load, hooks);
        if (run === null) return measured;
        results.push(run);
        hooks.onRun(run, { run: place, runs });
      } catch (error) {
        if (measured.runs.length === 0) throw error;
        return { ...measured, failure: asChatstreamError(error) };
      }
    }
  }
  return measured;
}

function jobOf(
  options: BenchOptions,
  { workload, ignoreEos }: Prepared,
  { setting, trial }: PlannedRun,
  run: number,
  target: Target,
  workers: number,
): LoadJob {
  const { load, seed } = options;
  return {
    client: { url: target.requestsUrl, headers: target.headers, timeoutMs: options.timeoutMs },
    workload,
    body: bodyOptions(options, target, ignoreEos),
    shape:
      load.type === 'closed'
        ? { type: 'closed', clients: setting.concurrency ?? 1 }
        : // The same moments for every setting of a trial, so that settings are compared under the same load.
          { type: 'open', rate: load.rate, arrival: load.arrival, seed: mixSeeds(seed, trial) },
    run,
    worker: 0,
    workers,
    warmupMs: options.warmupMs,
    durationMs: options.durationMs,
    requests: options.requests,
    objectives: options.objectives,
    samplesPath: options.samplesPath,
  };
}
