import { clusterAwayError } from '../../base/refusals/cluster-refusals.js';
import type { InferenceJob } from '../../inference/queue/inference-job.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import type { LineSettings } from '../line-settings.js';
import { type FrontSettings, type LineLimits, withKeys, withLimits } from './front-settings.js';

export interface SharedLimitsOptions {
  readonly settings: LineSettings;
  /** As this front was started with them. */
  readonly own: FrontSettings;
  /** Places of all nodes that have the model. */
  readonly slots: () => number;
}

/**
 * The limits and keys of a line, which are those of the whole cluster: a front reads them from the bucket, and changes
 * them there.
 */
export class SharedLimits {
  readonly #options: SharedLimitsOptions;
  #limits: LineLimits;

  /** The settings with which this front was started apply to the cluster from now on. */
  constructor(options: SharedLimitsOptions) {
    this.#options = options;
    const { settings, own } = options;
    this.#limits = own;
    settings.changes(({ maxConcurrency, maxQueue }) => {
      this.#limits = { maxConcurrency, maxQueue };
    });
    settings.change((current) => own.under(current));
  }

  /** The value in the settings, limited to the places of the nodes: 0 while there are none. */
  get current(): SchedulerLimits {
    const { maxConcurrency, maxQueue } = this.#limits;
    return { maxConcurrency: Math.min(maxConcurrency ?? Infinity, this.#options.slots()), maxQueue };
  }

  /**
   * @param limits as many at once as the nodes have places means all places, however many there will be
   * @param isOpen whether the line can be reached; otherwise nothing is changed
   * @throws ChatstreamError `cluster_unavailable`
   */
  resize(limits: Partial<SchedulerLimits>, isOpen: boolean): void {
    if (Object.keys(limits).length === 0) return;
    const { settings, own, slots } = this.#options;
    if (!isOpen) throw clusterAwayError();
    const { maxConcurrency = null, ...others } = limits;
    const changed: Partial<LineLimits> = {
      ...others,
      ...(maxConcurrency !== null && { maxConcurrency: maxConcurrency === slots() ? null : maxConcurrency }),
    };
    this.#limits = { ...this.#limits, ...changed };
    settings.change((current) => withLimits(current ?? own.under(null), changed));
  }

  configureKeys(...changes: Parameters<JobScheduler<InferenceJob>['configureKeys']>): void {
    const { settings, own } = this.#options;
    settings.change((current) => withKeys(current ?? own.under(null), ...changes));
  }
}
