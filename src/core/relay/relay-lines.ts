import type { Clock } from '../base/clock.js';
import type { SharingLine } from '../inference/queue/request-line.js';
import type { KeyTerms } from '../scheduler/jobs/demand.js';
import type { SchedulerEvent } from '../scheduler/jobs/job.js';
import { Scheduler, type SchedulerOptions } from '../scheduler/scheduler.js';
import type { ModelLine, RelayJob } from './jobs/relay-job.js';
import type { RelayOptions } from './relay-options.js';

/** The lines of all models that were requested. They have the same limits, but count separately. */
export class RelayLines {
  readonly #options: RelayOptions;
  readonly #clock: Clock;
  readonly #onScheduled: (event: SchedulerEvent<RelayJob>) => void;
  readonly #lines = new Map<string, ModelLine>();
  #maxQueue: number;
  #terms: ReadonlyMap<string, KeyTerms> | null = null;
  #isDraining = false;

  constructor(options: RelayOptions, clock: Clock, onScheduled: (event: SchedulerEvent<RelayJob>) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#onScheduled = onScheduled;
    this.#maxQueue = options.maxQueue;
  }

  get all(): readonly ModelLine[] {
    return [...this.#lines.values()];
  }

  get maxQueue(): number {
    return this.#maxQueue;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Requests that have left the queues and have not ended. */
  get running(): number {
    return this.#sum(({ running }) => running);
  }

  get waiting(): number {
    return this.#sum(({ waiting }) => waiting);
  }

  get queuedTokens(): number {
    return this.#sum(({ queuedTokens }) => queuedTokens);
  }

  /** How much runs and waits in each. */
  get counts(): readonly SharingLine[] {
    const maxQueue = this.#maxQueue;
    return this.all.map(({ model: name, scheduler: { running, waiting } }) => ({ name, maxQueue, running, waiting }));
  }

  find(model: string): ModelLine | undefined {
    return this.#lines.get(model);
  }

  /** A line for a model that has none. It has no places yet, and starts requests only on command. */
  add(model: string): ModelLine {
    const scheduler = new Scheduler<RelayJob>(this.#schedulerOptions(), this.#clock);
    scheduler.events(this.#onScheduled);
    // The scheduler of a single line cannot decide whose turn it is among all lines, and where places are.
    scheduler.hold(true);
    if (this.#isDraining) void scheduler.drain();
    const line: ModelLine = { model, scheduler };
    this.#lines.set(model, line);
    return line;
  }

  setMaxQueue(maxQueue: number): void {
    this.#maxQueue = maxQueue;
    for (const { scheduler } of this.#lines.values()) scheduler.resize({ maxQueue });
  }

  configureKeys(terms: ReadonlyMap<string, KeyTerms>): void {
    this.#terms = terms;
    for (const { scheduler } of this.#lines.values()) scheduler.configureKeys(terms);
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all(this.all.map(({ scheduler }) => scheduler.drain()));
  }

  #schedulerOptions(): SchedulerOptions {
    const { fair, queueTimeoutMs, maxQueuedTokens = null, ttftTargetMs = null } = this.#options;
    const terms = this.#terms ?? fair?.terms;
    return {
      ...{ maxConcurrency: 0, maxQueue: this.#maxQueue, queueTimeoutMs, maxQueuedTokens, ttftTargetMs },
      ...(fair !== undefined && { fair: { ...fair, ...(terms !== undefined && { terms }) } }),
    };
  }

  #sum(count: (scheduler: Scheduler<RelayJob>) => number): number {
    let sum = 0;
    for (const { scheduler } of this.#lines.values()) sum += count(scheduler);
    return sum;
  }
}
