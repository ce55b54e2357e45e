import { ChatstreamError } from '../base/errors.js';
import type { BenchResult, TargetDescription } from '../measurement/result-schema.js';
import type { SettingSummary } from '../measurement/settings/summarise.js';
import { readInputs } from './inputs.js';
import { type MeasuredSession, type MeasureHooks, measureServers } from './measure-servers.js';
import { closeLoads, openLoads } from './open-load.js';
import { type BenchOptions, checkVersus } from './plan/options.js';
import type { SamplesDestination } from './record/samples-destination.js';
import { assembleResult } from './result/assemble-result.js';
import { closeServers, openServers, type Servers } from './servers.js';
import type { TargetHooks } from './target/target.js';

export interface BenchHooks extends TargetHooks, MeasureHooks {
  /** Called when the bench waits for something other than a server; optional. */
  readonly onWaitFor?: (what: string) => void;
  /**
   * Called with the servers before they are measured, the second being that of `--versus`, or null; optional.
   * An error that it throws ends the bench.
   */
  readonly onTargets?: (target: TargetDescription, versus: TargetDescription | null) => void;
}

export interface BenchReport {
  readonly result: BenchResult;
  readonly summaries: readonly SettingSummary[];
  /** What ended the bench early, after something had been measured; null if nothing did, or if the user stopped it. */
  readonly failure: ChatstreamError | null;
  /** Why the file of samples is incomplete (`output_failed`); null if it is complete, or was not requested. */
  readonly samplesFailure: ChatstreamError | null;
}

/**
 * The whole bench: reaches or starts the target, identifies it, measures every setting in every trial, and analyses the
 * results.
 *
 * The signal of the hooks ends it early, as does the loss of the target; what was measured by then is reported.
 * Whatever happens, the target is left as it was found. Everything that can be checked on this machine is checked
 * before a server is started or reached, which may take minutes.
 *
 * @throws ChatstreamError `usage`, `output_failed`, `target_unreachable` or `cluster_unavailable`; the signal's reason if
 *   nothing has been measured
 */
export async function bench(options: BenchOptions, hooks: BenchHooks): Promise<BenchReport> {
  const startedAt = new Date();
  checkVersus(options);
  const inputs = await readInputs(options);
  const { samples, trust } = inputs;
  const loads = await openLoads(options, hooks);
  let servers: Servers | null = null;
  let unrestored: readonly string[] = [];
  let measured: MeasuredSession;
  let areSamplesWhole = false;
  try {
    servers = await openServers(options, trust, hooks);
    hooks.onTargets?.(servers.target.description, servers.versus?.description ?? null);
    measured = await measureServers(options, inputs, servers, loads, hooks);
    areSamplesWhole = measured.samplesFailure === null && measured.session.runs.length > 0;
  } finally {
    await closeLoads(loads);
    if (servers !== null) unrestored = await closeServers(servers);
    if (!areSamplesWhole) samples?.end(false);
  }
  const { session, failure } = measured;
  const samplesFailure = areSamplesWhole && samples !== null ? failureToKeep(samples) : measured.samplesFailure;
  if (session.runs.length === 0) hooks.signal.throwIfAborted();
  const { result, summaries } = await assembleResult(options, {
    ...session,
    startedAt,
    finishedAt: new Date(),
    warnings: [...session.warnings, ...unrestored],
  });
  return { result, summaries, failure, samplesFailure };
}

/** Gives a complete file of samples its name. @returns why that is not possible; null if it is */
function failureToKeep(samples: SamplesDestination): ChatstreamError | null {
  try {
    samples.end(true);
    return null;
  } catch (error) {
    if (error instanceof ChatstreamError) return error;
    throw error;
  }
}
