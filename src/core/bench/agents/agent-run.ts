import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import { microsNow } from '../../base/micros.js';
import type { LoadJob } from '../load/job/load-job.js';
import type { LoadGenerator } from '../load/load-generator.js';
import { mergedSnapshot } from '../record/merged-snapshot.js';
import type { RunPart } from '../record/run-part.js';
import { encodeParts } from './job-code.js';
import type { AgentState, BlobRef } from './messages.js';

/** What an {@link AgentRun} needs from its agent. */
export interface RunTools {
  /** Milliseconds; only differences mean anything. */
  readonly now: () => number;
  /** Fetches the job. */
  readonly fetchJob: () => Promise<LoadJob>;
  /** Returns the load generator for it. */
  readonly loadFor: (job: LoadJob) => Promise<LoadGenerator>;
  /** Keeps the result for the bench. */
  readonly offer: (text: string) => BlobRef;
  readonly onEvent: (event: RunEvent) => void;
}

/** For the agent's log. */
export type RunEvent =
  | { readonly type: 'prepared'; readonly job: LoadJob }
  | { readonly type: 'started' }
  | { readonly type: 'finished'; readonly completed: number; readonly unanswered: number }
  | { readonly type: 'failed'; readonly message: string };

/** The state of a run, with the data of each state. */
type Phase =
  | { readonly type: 'preparing' }
  | { readonly type: 'prepared'; readonly load: LoadGenerator }
  | { readonly type: 'running'; readonly load: LoadGenerator; readonly startMs: number }
  | { readonly type: 'done'; readonly startMs: number; readonly parts: BlobRef; readonly cpuShare: number }
  | { readonly type: 'failed'; readonly error: ChatstreamError };

/** One agent's part of a run: it is prepared and sent, and its result is kept until the bench has it. */
export class AgentRun {
  readonly order: number;
  readonly #tools: RunTools;
  readonly #stop = new AbortController();
  #phase: Phase = { type: 'preparing' };

  /** @param order the number that the bench has given it */
  constructor(order: number, tools: RunTools) {
    this.order = order;
    this.#tools = tools;
  }

  get isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** For the bench. */
  get state(): AgentState {
    const { order: run } = this;
    const phase = this.#phase;
    switch (phase.type) {
      case 'preparing':
      case 'prepared':
        return { type: phase.type, run };
      case 'running': {
        const forMs = this.#tools.now() - phase.startMs;
        return { type: 'running', run, forMs, snapshot: mergedSnapshot(phase.load.snapshots()) };
      }
      case 'done': {
        const { parts, cpuShare } = phase;
        return { type: 'done', run, forMs: this.#tools.now() - phase.startMs, parts, cpuShare };
      }
      case 'failed': {
        const { code, message, hint = null } = phase.error;
        return { type: 'failed', run, message, hint, isTarget: code === 'target_unreachable' };
      }
    }
  }

  /** Prepares to send. Never rejects: a failure is a state. */
  async prepare(): Promise<void> {
    try {
      const job = await this.#tools.fetchJob();
      const load = await this.#tools.loadFor(job);
      await load.prepare(job);
      this.#tools.onEvent({ type: 'prepared', job });
      this.#phase = { type: 'prepared', load };
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends, if it is ready and has not begun. Never rejects. */
  async start(): Promise<void> {
    if (this.#phase.type !== 'prepared') return;
    if (this.isStopped) {
      this.#fail(new ChatstreamError('cancelled', 'It was stopped before it began.'));
      return;
    }
    const { load } = this.#phase;
    this.#tools.onEvent({ type: 'started' });
    const startMs = this.#tools.now();
    const startUs = microsNow();
    this.#phase = { type: 'running', load, startMs };
    const cpuBefore = process.cpuUsage();
    try {
      const parts = await load.start(this.#stop.signal);
      const cpu = process.cpuUsage(cpuBefore);
      const cpuShare = (cpu.user + cpu.system) / Math.max(1, microsNow() - startUs);
      this.#phase = { type: 'done', startMs, parts: this.#tools.offer(encodeParts(parts, startUs)), cpuShare };
      this.#tools.onEvent({ type: 'finished', ...countsOf(parts) });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the run before its time; its result is what was measured by then. */
  abort(): void {
    this.#stop.abort();
  }

  #fail(error: unknown): void {
    this.#phase = { type: 'failed', error: asChatstreamError(error) };
    if (!this.isStopped) this.#tools.onEvent({ type: 'failed', message: this.#phase.error.message });
  }
}

function countsOf(parts: readonly RunPart[]): { readonly completed: number; readonly unanswered: number } {
  return {
    completed: parts.reduce((sum, { completed }) => sum + completed, 0),
    unanswered: parts.reduce((sum, { refused, failed, timedOut }) => sum + refused + failed + timedOut, 0),
  };
}
