import { Worker } from 'node:worker_threads';
import { ChatstreamError } from '../../base/errors.js';
import type { RunPart } from '../record/run-part.js';
import type { RunSnapshot } from '../record/run-recorder.js';
import { type LoadGenerator, partOf } from './load-generator.js';
import type { WorkerCommand, WorkerReport } from './worker-messages.js';

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

/** One thread. */
class LoadWorker {
  readonly #thread = new Worker(new URL('./worker.js', import.meta.url));
  #waiting: { readonly resolve: (report: WorkerReport) => void; readonly reject: (error: Error) => void } | undefined;
  #snapshot: RunSnapshot | undefined;
  /** Why it will never answer again. */
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
    if (report.type === 'done') return report.part;
    throw new ChatstreamError('internal', `A worker answered ${report.type} instead of its measurement.`);
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  async #ask(command: WorkerCommand): Promise<WorkerReport> {
    const report = await new Promise<WorkerReport>((resolve, reject) => {
      if (this.#end !== undefined) throw this.#end;
      this.#waiting = { resolve, reject };
      this.tell(command);
    });
    if (report.type === 'failed') throw new ChatstreamError('internal', `A worker failed: ${report.message}`);
    return report;
  }
}
