import { clusterAwayError } from '../../base/cluster-refusals.js';
import type { InferenceJob } from '../../inference/inference-job.js';
import type { JobScheduler } from '../../scheduler/job-scheduler.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';
import type { LineSettings } from '../line-settings.js';
import { type FrontSettings, withKeys, withLimits } from './front-settings.js';

export interface SharedLimitsOptions {
  readonly settings: LineSettings;
  /** As this front was started with them. */
  readonly own: FrontSettings;
  /** Places of all nodes that have the model. */
  readonly slots: () => number;
}

/** The limits and keys of a line, which are those of the whole cluster: a front reads them in the bucket, and changes them there. */
export class SharedLimits {
  readonly #options: SharedLimitsOptions;
  #limits: Partial<SchedulerLimits> = {};

  /** What this front was started with holds for the cluster from now on. */
  constructor(options: SharedLimitsOptions) {
    this.#options = options;
    const { settings, own } = options;
    settings.changes(({ maxConcurrency, maxQueue }) => {
      this.#limits = { maxQueue, ...(maxConcurrency !== null && { maxConcurrency }) };
    });
    settings.change((current) => own.under(current));
  }

  /** What the settings say, and at most what the nodes have places for. */
  get current(): SchedulerLimits {
    const { own, slots } = this.#options;
    const { maxConcurrency = own.maxConcurrency ?? Infinity, maxQueue = own.maxQueue } = this.#limits;
    return { maxConcurrency: Math.max(1, Math.min(maxConcurrency, slots())), maxQueue };
  }

  /**
   * @param isOpen whether the line can be reached; otherwise nothing is changed
   * @throws ChatstreamError `cluster_unavailable`
   */
  resize(limits: Partial<SchedulerLimits>, isOpen: boolean): void {
    if (Object.keys(limits).length === 0) return;
    const { settings, own } = this.#options;
    if (!isOpen) throw clusterAwayError();
    this.#limits = { ...this.#limits, ...limits };
    settings.change((current) => withLimits(current ?? own.under(null), limits));
  }

  configureKeys(...changes: Parameters<JobScheduler<InferenceJob>['configureKeys']>): void {
    const { settings, own } = this.#options;
    settings.change((current) => withKeys(current ?? own.under(null), ...changes));
  }
}
