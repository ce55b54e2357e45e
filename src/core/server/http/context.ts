import type { Clock } from '../../base/clock.js';
import type { Inference } from '../../inference/inference.js';
import type { Metrics } from '../../telemetry/metrics.js';
import type { Totals } from '../../telemetry/totals.js';
import type { ServerOptions } from './options.js';
import type { QueueAnnouncer } from '../streaming/queue-announcer.js';

/** What the routes work with. */
export interface ServerContext {
  readonly inference: Inference;
  readonly announcer: QueueAnnouncer;
  readonly totals: Totals;
  readonly metrics: Metrics;
  readonly options: ServerOptions;
  readonly clock: Clock;
}
