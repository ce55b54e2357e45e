import type { Logger as PinoLogger } from 'pino';
import type { Clock } from '../base/clock.js';
import type { ServingEngine } from '../engine/engine.js';
import type { RequestLine } from '../inference/queue/request-line.js';
import type { MeteredMachine } from '../machine/machine.js';
import type { RateLimiter } from '../scheduler/rate-limits/rate-limiter.js';
import type { ConnectionLimits } from '../server/http/connections/connection-limits.js';
import type { LineContext, Operations, ServerOptions } from '../server/http/context.js';
import type { KeyRing } from '../server/http/keys/key-ring.js';
import { QueueAnnouncer } from '../server/streaming/queue-announcer.js';
import { KeyUsage, type UsageBook } from '../telemetry/key-usage.js';
import { Metrics } from '../telemetry/metrics.js';
import { RecentHistory } from '../telemetry/recent-history.js';
import { logRequests } from '../telemetry/request-log.js';
import { Totals } from '../telemetry/totals.js';

export interface LineParts {
  readonly line: RequestLine;
  /** None where other servers generate. */
  readonly engines: readonly ServingEngine[];
  readonly machine: MeteredMachine;
  readonly options: ServerOptions;
  readonly keys: KeyRing;
  readonly rates: RateLimiter;
  readonly clock: Clock;
  readonly connectionLimits: ConnectionLimits;
  readonly operations: Operations | null;
  readonly version: string;
  /** Where it is not that of this line alone. */
  readonly usage?: UsageBook;
}

/** Connects metrics, logs and announcements to a line. */
export function lineContext({ engines, ...parts }: LineParts, logger: PinoLogger): LineContext {
  const { line, machine, clock } = parts;
  logRequests(line, logger);
  const totals = new Totals(line.events);
  return {
    ...parts,
    announcer: new QueueAnnouncer(line, clock),
    totals,
    usage: parts.usage ?? new KeyUsage(line.events, parts.options.usageRetentionMs),
    metrics: new Metrics(line, engines),
    history: new RecentHistory({ line, engines, totals, machine, clock }),
  };
}
