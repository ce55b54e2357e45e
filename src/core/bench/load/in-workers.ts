import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ChatstreamError, type ErrorCode } from '../../base/errors.js';
import { compiledFile } from '../../base/processes/compiled-file.js';
import type { AnswerForm } from '../../measurement/workload/endpoints.js';
import type { Load } from '../plan/options.js';
import { peakRate } from '../plan/stages.js';
import { decodePart, type EncodedRunPart, type RunPart } from '../record/run-part.js';
import type { RunSnapshot } from '../record/run-recorder.js';
import { type LoadJob, partOf } from './job/load-job.js';
import type { LoadGenerator } from './load-generator.js';

/**
 * Events per second that one thread handles. Three times as many used half a core (benchmarks/bench), but they come in
 * bursts.
 */
const eventsPerWorker = 10_000;

/** Tokens per second of one stream: people read more slowly, and few servers give more to many clients at once. */
const assumedTokensPerSecond = 50;

/**
 * How many threads the load needs: one if that is enough, and at most one fewer than there are cores, as the server may
 * run on the same machine.
 *
 * @param events the number that {@link expectedEvents} returns
 * @param mostInFlight requests in flight, divided among the threads
 */
export function chooseWorkers(events: number, mostInFlight = Infinity): number {
  const most = Math.max(1, Math.min(mostInFlight, availableParallelism() - 1));
  return Math.min(most, Math.max(1, Math.ceil(events / eventsPerWorker)));
}

/**
 * How many events per second the load brings: one for each token of a stream, and one for each answer that comes as a whole.
 *
 * @param outputTokens the longest answer that is planned; 1 if answers have no tokens
 */
export function expectedEvents(load: Load, { streaming }: Pick<AnswerForm, 'streaming'>, outputTokens: number): number {
  const answersPerSecond =
    load.type === 'closed'
      ? (Math.max(...load.concurrency) * assumedTokensPerSecond) / outputTokens
      : highestRate(load);
  return answersPerSecond * (streaming ? outputTokens : 1);
}

function highestRate({ rates, stages }: Extract<Load, { type: 'open' }>): number {
  return stages === undefined ? Math.max(...rates) : peakRate(stages);
}

/** A message to a worker. */
export type WorkerCommand =
  | { readonly type: 'prepare'; readonly job: LoadJob }
  | { readonly type: 'start' }
  | { readonly type: 'abort' }
  /** Ends the thread. */
  | { readonly type: 'close' };

/** A message from a worker. */
export type WorkerReport =
  | { readonly type: 'prepared' }
  | { readonly type: 'snapshot'; readonly snapshot: RunSnapshot }
  | { readonly type: 'done'; readonly part: EncodedRunPart }
  /** An error that is not the outcome of a request. */
  | {
      readonly type: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint?: string;
    };

/** Sends from several threads, each with its share of the clients or arrivals. */
export function inWorkersLoad(count: number): LoadGenerator {
  const workers = Array.from({ length: count }, () => new LoadWorker());
  return {
    async prepare(job) {
      await Promise.all(workers.map((worker, index) => worker.prepare(partOf(job, index, count))));
    },
    async start(signal) {
      const abort = (): void => {
        for (const worker of workers) worker.tell({ type: 'abort' });
      };
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      try {
        return await Promise.all(workers.map((worker) => worker.start()));
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    snapshots: () => workers.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot])),
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** One thread that sends load, seen from the main thread. */
class LoadWorker {
  readonly #thread = new Worker(compiledFile(import.meta.url, './worker.js'));
  #waiting: { readonly resolve: (report: WorkerReport) => void; readonly reject: (error: Error) => void } | undefined;
  #snapshot: RunSnapshot | undefined;
  /** Why the thread no longer answers. */
  #end: Error | undefined;

  constructor() {
    this.#thread.on('message', (report: WorkerReport) => {
      if (report.type === 'snapshot') this.#snapshot = report.snapshot;
      else this.#waiting?.resolve(report);
    });
    const onEnd = (error: Error): void => {
      this.#end ??= error;
      this.#waiting?.reject(this.#end);
    };
    this.#thread.on('error', onEnd);
    this.#thread.on('exit', (code) => {
      onEnd(new Error(`A worker ended with code ${code}.`));
    });
  }

  get snapshot(): RunSnapshot | undefined {
    return this.#snapshot;
  }

  tell(command: WorkerCommand): void {
    this.#thread.postMessage(command);
  }

  async prepare(job: Extract<WorkerCommand, { type: 'prepare' }>['job']): Promise<void> {
    this.#snapshot = undefined;
    await this.#ask({ type: 'prepare', job });
  }

  async start(): Promise<RunPart> {
    const report = await this.#ask({ type: 'start' });
    if (report.type === 'done') return decodePart(report.part);
    throw new ChatstreamError('internal', `A worker answered ${report.type} instead of its measurement.`);
  }

  /** Lets the thread end what it has opened. It is not terminated, for the reason given at `LoopDelay.close`. */
  async close(): Promise<void> {
    if (this.#end !== undefined) return;
    const exited = new Promise((resolve) => this.#thread.once('exit', resolve));
    this.tell({ type: 'close' });
    await exited;
  }

  async #ask(command: WorkerCommand): Promise<WorkerReport> {
    const report = await new Promise<WorkerReport>((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      this.#waiting = { resolve, reject };
      this.tell(command);
    });
    if (report.type !== 'failed') return report;
    const { code, message, hint } = report;
    throw new ChatstreamError(code, message, hint === undefined ? {} : { hint });
  }
}
