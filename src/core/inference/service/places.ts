import { ChatstreamError } from '../../base/errors.js';
import type { EngineInfo, ServingEngine } from '../../engine/engine.js';
import type { Executor, Replicas } from '../../executor/executor.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import type { InferenceJob } from '../queue/inference-job.js';

export interface PlacesOptions {
  readonly engine: ServingEngine;
  readonly scheduler: JobScheduler<InferenceJob>;
  /** Sequences that the engine allocates, or all engines together. */
  readonly slots: number;
  /** The model; null until it has been loaded for the first time. */
  readonly info: () => EngineInfo | null;
  /** Null if there is one engine. */
  readonly replicas: Replicas | null;
}

/**
 * The places of the engine: as many generations run as the limit says, and as the engines that are up have places. What is
 * placed while none is up waits in the engine, so the limit never falls below one.
 */
export class Places {
  readonly #options: PlacesOptions;

  constructor(options: PlacesOptions) {
    this.#options = options;
    const { scheduler, replicas } = options;
    replicas?.changes(() => {
      scheduler.confine(Math.max(1, replicas.placesUp));
    });
  }

  get slots(): number {
    return this.#options.replicas?.slots ?? this.#options.slots;
  }

  get executors(): readonly Executor[] {
    const { engine, scheduler, slots, replicas, info } = this.#options;
    if (replicas !== null) return replicas.executors.map((executor) => withDrain(executor, scheduler.draining));
    const status = engine.state.status === 'ready' ? 'ready' : 'down';
    const kind = info()?.engine ?? 'unknown';
    const only: Executor = { name: 'local', kind, status, places: slots, running: scheduler.running };
    return [withDrain(only, scheduler.draining)];
  }

  /**
   * @throws ChatstreamError `invalid_request` if there are fewer slots than `maxConcurrency`, or if keys and classes reserve
   *   as many; nothing is changed then
   */
  resize(limits: Partial<SchedulerLimits>): void {
    const { slots } = this;
    const { scheduler, replicas } = this.#options;
    const { maxConcurrency } = limits;
    if (maxConcurrency !== undefined && maxConcurrency > slots) {
      throw new ChatstreamError('invalid_request', `max_concurrency can be at most ${slots}, the number of slots.`, {
        param: 'max_concurrency',
        hint:
          replicas?.slots === undefined
            ? 'Start the server with more --slots to allow more.'
            : 'Start more nodes, or nodes with more --slots, to allow more.',
      });
    }
    scheduler.resize(limits);
  }
}

function withDrain({ name, kind, status, places, running }: Executor, isDraining: boolean): Executor {
  return { name, kind, status: isDraining ? 'draining' : status, places, running };
}
