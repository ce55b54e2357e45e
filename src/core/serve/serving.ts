import type { Logger as PinoLogger } from 'pino';
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Opened } from '../base/opened.js';
import type { Access } from '../config/access.js';
import { acceptedKeys } from '../config/key-settings.js';
import { mainMemory } from '../gguf/memory-need.js';
import { Machine } from '../machine/machine.js';
import type { QueuePolicy } from '../scheduler/fair-line.js';
import type { KeyTerms } from '../scheduler/jobs/demand.js';
import { RateLimiter, type RateLimits } from '../scheduler/rate-limits/rate-limiter.js';
import type { SchedulerLimits, SchedulerOptions } from '../scheduler/scheduler.js';
import { LoadTests, type StartLoad } from '../server/console/load-tests.js';
import { bodyMemoryBytes } from '../server/http/connections/body-memory.js';
import { connectionLimitsOfProcess } from '../server/http/connections/connection-limits.js';
import type { LineContext, Operations, ServerOptions } from '../server/http/context.js';
import { KeyRing } from '../server/http/keys/key-ring.js';
import { memoryStorage } from '../server/store/memory-store.js';
import type { Storage } from '../server/store/store.js';
import { lineContext, type LineParts } from './line-context.js';

export interface QueueOptions extends SchedulerLimits {
  /** Longest wait in the queue in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs: number;
  /** The maximum number of prompt tokens of all waiting requests together; null for any number. */
  readonly maxQueuedTokens: number | null;
  /** The longest expected time to the first token with which a request may begin to wait, in ms; null for any. */
  readonly ttftTargetMs: number | null;
  readonly policy: QueuePolicy;
  /** After how long a waiting request rises by a class, in milliseconds. */
  readonly classPatienceMs: number;
  /** How long an interactive request waits until a running `batch` generation pauses for it, in ms; null for ever. */
  readonly preemptAfterMs: number | null;
}

/** What the process in which a server is started does for it. */
export interface HostProcess {
  /** Ends the process as SIGTERM does. */
  readonly drain: () => void;
  readonly startLoad: StartLoad;
}

/** Who may come in, and how often. */
export interface Entrance {
  readonly keys: KeyRing;
  readonly rates: RateLimiter;
}

/** The options of a server, whatever executes its requests. */
export interface ServerDescription {
  readonly server: ServerOptions;
  /** The contents of the configuration file, besides the keys of `server.apiKeys`; null without such a file. */
  readonly access: Access | null;
  /** This package's version, for /openapi.json. */
  readonly version: string;
  /** Where a trace of each request is sent; nowhere if left out. */
  readonly otlpUrl?: string;
  /** Without it, requests can neither end the process nor start load tests. */
  readonly host?: HostProcess;
}

/** Under which the requests of load tests are shown; keys of the configuration have no spaces in their names. */
const loadTestName = 'load test';

export function entrance({ server, access }: ServerDescription, clock: Clock): Entrance {
  const keys = keyRing(server, access);
  return { keys, rates: new RateLimiter(clock, ratesOf(keys)) };
}

/**
 * Connects a line to the common parts of every server: its machine, metrics, logs, keys and the actions of operators.
 *
 * @param opened gets what measures as long as the server runs
 * @param pids the processes whose processor time and memory are the server's, besides this one
 */
export function openContext(
  opened: Opened,
  { pids, ...executed }: Pick<LineParts, 'line' | 'engines' | 'usage'> & { readonly pids: () => readonly number[] },
  { keys, rates }: Entrance,
  { server, version, host }: ServerDescription,
  { clock, logger }: { readonly clock: Clock; readonly logger: PinoLogger },
): LineContext {
  const machine = opened.add(new Machine(clock, pids), (each) => {
    each.stop();
  });
  const parts = {
    ...{ machine, options: server, keys, rates, clock, version },
    connectionLimits: connectionLimitsOfProcess(),
    bodyMemoryBytes: bodyMemoryBytes(mainMemory().total, server.maxBodyBytes),
    operations: operationsOf(host, keys),
  };
  const context = lineContext({ ...executed, ...parts }, logger);
  opened.add(context.history, (history) => {
    history.stop();
  });
  return context;
}

/**
 * What the scheduler needs to know.
 *
 * @param access of a configuration file; null without one. Where a key can make no difference, the queue is the plain one,
 *   which costs less.
 */
export function schedulerOptions(queue: QueueOptions, access: Access | null, keys: KeyRing): SchedulerOptions {
  const { policy, classPatienceMs, preemptAfterMs, ...limits } = queue;
  if (policy === 'fifo' && access === null) return limits;
  const classReserves = access?.classReserves ?? new Map();
  return { ...limits, fair: { policy, classPatienceMs, preemptAfterMs, terms: termsOf(keys), classReserves } };
}

/** In memory, or in a file. @throws ChatstreamError `usage` */
export async function openStorage(
  { storePath, storeTtlMs }: ServerOptions,
  clock: Clock,
  logger: Logger,
): Promise<Storage> {
  if (storePath === null) return memoryStorage(storeTtlMs, clock);
  // Loaded late: without --store, it is not needed.
  const { openFileStorage } = await import('../server/store/file-storage.js');
  return openFileStorage({ path: storePath, ttlMs: storeTtlMs, clock, logger });
}

/** What operators can do with the server's process; null if it is not the server's own. */
export function operationsOf(host: HostProcess | undefined, keys: KeyRing): Operations | null {
  if (host === undefined) return null;
  return { drain: host.drain, loadTests: new LoadTests(host.startLoad, () => keys.lend(loadTestName)) };
}

/** The keys of --api-key, and those of a configuration file if there is one. */
export function keyRing({ apiKeys }: Pick<ServerOptions, 'apiKeys'>, access: Access | null): KeyRing {
  return new KeyRing(acceptedKeys(apiKeys, access?.keys ?? []), access?.anonymous ?? null);
}

export function ratesOf({ all }: KeyRing): ReadonlyMap<string, RateLimits> {
  return new Map(all.map(({ name, rates }) => [name, rates]));
}

export function termsOf({ all }: KeyRing): ReadonlyMap<string, KeyTerms> {
  return new Map(all.map(({ name, terms }) => [name, terms]));
}
