import type { LatencyHistogram } from '../../measurement/latency/histogram.js';
import type { RequestOutcome } from '../client/outcome.js';
import { reportedStages } from '../plan/stages.js';
import { FirstAnswers } from '../record/counters/first-answers.js';
import { groupsOf } from '../record/counters/group-names.js';
import type { RunPart } from '../record/run-part.js';
import { RunRecorder, type RunSnapshot } from '../record/run-recorder.js';
import { SamplesFile, type Sender } from '../record/samples-file.js';
import type { Turn } from '../workload/workload.js';
import { ConnectionLoss } from './connection-loss.js';
import { countEnded } from './job/extension.js';
import type { LoadJob } from './job/load-job.js';
import type { LoadClients } from './load-clients.js';
import { type LoadRun, MeasurementWindow, Pauses } from './loops/load-run.js';
import { type Supply, supplyOf } from './supply/supply.js';

/** One worker's share of a run: what it sends, and the record of what came back. */
export class RecordedLoad implements LoadRun {
  readonly window: MeasurementWindow;
  readonly pauses = new Pauses();
  /** The waits of the probes; they end with the load. */
  readonly probePauses = new Pauses();
  readonly supply: Supply;
  readonly #job: LoadJob;
  readonly #clients: LoadClients;
  readonly #recorder: RunRecorder;
  readonly #samples: SamplesFile | undefined;
  readonly #firstAnswers = new FirstAnswers();
  readonly #loss = new ConnectionLoss();

  /**
   * @param clients with connections that are ready
   * @param startUs when the load begins, on the clock that all threads share
   */
  constructor(job: LoadJob, clients: LoadClients, startUs: number) {
    this.window = new MeasurementWindow(startUs, job);
    this.supply = supplyOf(job);
    this.#job = job;
    this.#clients = clients;
    this.#recorder = new RunRecorder(job.objectives, this.window.beginUs, {
      trackedObjectives: job.trackedObjectives,
      stagesMs: stagesMsOf(job),
      headline: job.shape.type === 'open' ? 'ttft_from_schedule' : 'ttft',
    });
    this.#samples = job.samplesPath === null ? undefined : new SamplesFile(job.samplesPath, job.run);
  }

  readonly hold = (): void => {
    this.#recorder.heldBack.hold();
  };

  async send(
    turn: Turn,
    intendedUs: number,
    phase: 'warm-up' | 'counted',
    heldUs: number | null = null,
  ): Promise<RequestOutcome> {
    const recorder = this.#recorder;
    const leaves = turn.leavesAfterMs !== undefined;
    if (heldUs !== null) recorder.heldBack.release(heldUs, phase === 'counted' && !leaves);
    if (phase === 'warm-up') {
      recorder.beginWarmup();
      const outcome = await this.#sendTurn(turn, intendedUs);
      recorder.endWarmup(outcome, groupsOf(turn));
      return outcome;
    }
    if (leaves) {
      recorder.leavers.begin();
      const outcome = await this.#sendTurn(turn, intendedUs);
      recorder.endLeaver(outcome, groupsOf(turn));
      return outcome;
    }
    recorder.begin(intendedUs);
    const outcome = await this.#sendTurn(turn, intendedUs);
    const metrics = recorder.end(outcome, { heldUs: heldUs ?? 0, groups: groupsOf(turn) });
    if (this.#job.extension !== null) countEnded(this.#job.extension, outcome);
    if (outcome.status !== 'aborted') this.#samples?.write(outcome, metrics, senderOf(turn, this.#job));
    return outcome;
  }

  async #sendTurn(turn: Turn, intendedUs: number): Promise<RequestOutcome> {
    const isFirst = this.#firstAnswers.begin();
    const outcome = await this.#clients.send(turn, intendedUs);
    if (isFirst) this.#firstAnswers.end(outcome);
    if (this.#loss.observe(outcome)) this.#stopSending();
    return outcome;
  }

  /** @param body JSON text */
  readonly sendProbe = async (body: string, intendedUs: number): Promise<void> => {
    this.#recorder.probes.end(await this.#clients.sendProbe(body, intendedUs));
  };

  #stopSending(): void {
    this.window.close();
    this.pauses.end();
    this.probePauses.end();
  }

  /** Sends nothing more, and ends what is in flight, which is not counted. */
  abort(): void {
    this.#stopSending();
    this.#clients.abort();
  }

  /** Samples the number of requests in flight. */
  countInFlight(nowUs: number): void {
    this.#recorder.countInFlight(nowUs);
  }

  get snapshot(): RunSnapshot {
    return { ...this.#recorder.snapshot, rejection: this.#firstAnswers.rejection };
  }

  /** Writes what is left of the samples. */
  async close(): Promise<void> {
    await this.#samples?.close();
  }

  /** What was measured, once it is closed. @param loopDelay how late the event loop was */
  part(loopDelay: LatencyHistogram): RunPart {
    return {
      ...this.#recorder.part(loopDelay),
      extendedUs: this.window.extendedUs,
      rejection: this.#firstAnswers.finalRejection,
      samplesFailure: this.#samples?.failure ?? null,
    };
  }
}

/** The sender of a request, for the file of samples. */
function senderOf({ number, tenant }: Turn, { tenants = [], samplesOf }: LoadJob): Sender {
  const name = tenant === undefined ? undefined : tenants[tenant]?.tenant.name;
  return { turn: number ?? null, tenant: name ?? null, ...(samplesOf === undefined ? {} : { server: samplesOf }) };
}

/** How long each reported stage takes; empty if the rate stays the same. */
function stagesMsOf({ shape }: LoadJob): readonly number[] {
  const stages = shape.type === 'open' ? (shape.stages ?? []) : [];
  return reportedStages(stages).map(({ durationMs }) => durationMs);
}
