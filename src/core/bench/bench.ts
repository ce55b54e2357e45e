import { asChatstreamError, ChatstreamError } from '../base/errors.js';
import { mixSeeds } from '../base/random.js';
import { longestOf } from '../measurement/lengths.js';
import type { BenchResult, Run } from '../measurement/result-schema.js';
import type { SettingSummary } from '../measurement/summarise.js';
import { extensionOf } from './load/extension.js';
import { inThreadLoad } from './load/in-thread.js';
import { chooseWorkers, inWorkersLoad } from './load/in-workers.js';
import type { LoadGenerator, LoadJob } from './load/load-generator.js';
import { type BenchProgress, measureRun } from './measure-run.js';
import { describePlan } from './plan/describe-plan.js';
import { candidateFirst } from './plan/interleaving.js';
import { type BenchOptions, checkVersus } from './plan/options.js';
import { type PlannedRun, planRuns, planSettings } from './plan/settings.js';
import { beginSamplesFile } from './record/samples-file.js';
import { assembleResult, type Session } from './result/assemble-result.js';
import { openTarget, type Target, type TargetHooks } from './target/target.js';
import { tokenScaleOf } from './target/token-scale.js';
import { type PromptsFile, readPromptsFile } from './workload/prompts-file.js';
import { assumedScale } from './workload/words.js';
import type { WorkloadSpec } from './workload/workload.js';

export interface BenchHooks extends TargetHooks {
  /** Called several times per second with the progress of the current run. */
  readonly onProgress: (progress: BenchProgress) => void;
  /** Called with the result of each run, in the order of measurement. */
  readonly onRun: (run: Run, place: { readonly run: number; readonly runs: number }) => void;
}

export interface BenchReport {
  readonly result: BenchResult;
  readonly summaries: readonly SettingSummary[];
  /** What ended it early, after something had been measured; null if nothing did, or if the user stopped it. */
  readonly failure: ChatstreamError | null;
  /** Why the file of samples is not complete (`output_failed`); null if it is, or was not wanted. */
  readonly samplesFailure: ChatstreamError | null;
}

/** What has to be known before the first run. */
interface Prepared {
  readonly workload: WorkloadSpec;
  readonly promptsName: string | null;
  readonly ignoreEos: boolean;
}

/**
 * The whole bench: reaches or starts the target, finds out what it is, measures every setting in every trial, and
 * analyses the results.
 *
 * The signal of the hooks ends it early, as does a target that is gone; what was measured by then is reported. Whatever
 * happens, the target is left as it was found. What can be checked on this machine is checked before a server is started
 * or reached, which may take minutes.
 *
 * @throws ChatstreamError `usage`, `output_failed` or `target_unreachable`; the signal's reason if nothing has been
 *   measured
 */
export async function bench(options: BenchOptions, hooks: BenchHooks): Promise<BenchReport> {
  const startedAt = new Date();
  checkVersus(options);
  const prompts = options.prompts.type === 'file' ? await readPromptsFile(options.prompts.path) : null;
  if (options.samplesPath !== null) beginSamplesFile(options.samplesPath);

  const targets: Target[] = [];
  const workers = options.workers ?? chooseWorkers(options.load, longestOf(options.outputTokens));
  const load = workers === 1 ? inThreadLoad() : inWorkersLoad(workers);
  const unrestored: string[] = [];
  let session: Omit<Session, 'finishedAt' | 'aborted'>;
  let samplesFailure: ChatstreamError | null;
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
    samplesFailure = measured.samplesFailure;
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
  return { result, summaries, failure: session.failure, samplesFailure };
}

/** Settings can be swept if they can be set on every target, up to the fewest slots of any. */
function commonQueue(targets: readonly Target[]): { readonly slots: number } | null {
  const slots = targets.map(({ queue }) => queue?.slots ?? 0);
  return slots.includes(0) ? null : { slots: Math.min(...slots) };
}

async function prepare(
  options: BenchOptions,
  target: Target,
  prompts: PromptsFile | null,
  ignoreEos: boolean,
  signal: AbortSignal,
): Promise<Prepared> {
  const { seed, outputTokens, sharedPrefixTokens } = options;
  const needsScale = prompts === null || sharedPrefixTokens > 0;
  const scale = needsScale ? await tokenScaleOf(target, options, signal) : assumedScale;
  const common = { seed, outputTokens, sharedPrefixTokens, scale };
  if (options.prompts.type === 'synthetic' || prompts === null) {
    const inputTokens = options.prompts.type === 'synthetic' ? options.prompts.inputTokens : outputTokens;
    return { workload: { type: 'synthetic', inputTokens, ...common }, promptsName: null, ignoreEos };
  }
  const { conversations, name } = prompts;
  return { workload: { type: 'prompts', conversations, ...common }, promptsName: name, ignoreEos };
}

interface Measured {
  readonly runs: Run[];
  readonly versusRuns: Run[];
  failure: ChatstreamError | null;
  samplesFailure: ChatstreamError | null;
}

/** One run after the other; with two targets alternately, so that drift affects both alike. */
async function measureAll(
  options: BenchOptions,
  prepared: Prepared,
  planned: readonly PlannedRun[],
  { target, versus }: { readonly target: Target; readonly versus: Target | null },
  { load, workers }: { readonly load: LoadGenerator; readonly workers: number },
  hooks: BenchHooks,
): Promise<Measured> {
  const measured: Measured = { runs: [], versusRuns: [], failure: null, samplesFailure: null };
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
        const finished = await measureRun(each, { run: place, runs }, job, current, load, hooks);
        if (finished === null) return measured;
        const { run, samplesFailure } = finished;
        results.push(run);
        if (samplesFailure !== null) measured.samplesFailure ??= incompleteSamples(options, samplesFailure);
        hooks.onRun(run, { run: place, runs });
      } catch (error) {
        if (measured.runs.length === 0) throw error;
        measured.failure = asChatstreamError(error);
        return measured;
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
    body: { model: target.description.model, ignoreEos, extraBody: options.extraBody },
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
    extension: options.extension === null ? null : extensionOf(options.extension, options.trials),
    objectives: options.objectives,
    samplesPath: options.samplesPath,
  };
}

function incompleteSamples({ samplesPath }: BenchOptions, reason: string): ChatstreamError {
  const message = `Not all samples could be written to ${samplesPath ?? 'their file'}: ${reason}.`;
  return new ChatstreamError('output_failed', message, {
    hint: 'The measurement is not affected. Make room there, or give --samples another path, and measure again.',
  });
}
