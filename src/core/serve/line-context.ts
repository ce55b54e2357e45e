import type { Logger as PinoLogger } from 'pino';
import type { ServingEngine } from '../engine/engine.js';
import type { LineContext } from '../server/http/context.js';
import { QueueAnnouncer } from '../server/streaming/queue-announcer.js';
import { KeyUsage, type UsageBook } from '../telemetry/key-usage.js';
import { Metrics } from '../telemetry/metrics.js';
import { RecentHistory } from '../telemetry/recent-history.js';
import { logRequests } from '../telemetry/request-log.js';
import { Totals } from '../telemetry/totals.js';

/** What is made of the line itself. */
type Made = 'announcer' | 'totals' | 'usage' | 'metrics' | 'history';

export interface LineParts extends Omit<LineContext, Made> {
  /** None where other servers generate. */
  readonly engines: readonly ServingEngine[];
  /** If it is not that of this line alone. */
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
