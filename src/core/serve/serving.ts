import type { Logger as PinoLogger } from 'pino';
import { type Clock, longestTimerMs } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { Opened } from '../base/opened.js';
import type { Access } from '../config/access.js';
import { acceptedKeys } from '../config/key-settings.js';
import type { RequestLine } from '../inference/request-line.js';
import { Machine } from '../machine/machine.js';
import type { KeyTerms } from '../scheduler/demand.js';
import type { QueuePolicy } from '../scheduler/fair-line.js';
import { RateLimiter, type RateLimits } from '../scheduler/rate-limiter.js';
import type { SchedulerLimits, SchedulerOptions } from '../scheduler/scheduler.js';
import { LoadTests, type StartLoad } from '../server/console/load-tests.js';
import { connectionLimitsOfProcess } from '../server/http/connection-limits.js';
import type { App, LineContext, Operations, ServerOptions } from '../server/http/context.js';
import { KeyRing } from '../server/http/key-ring.js';
import { memoryStorage } from '../server/store/memory-store.js';
import type { Storage } from '../server/store/store.js';
import type { CountedOutcome } from '../telemetry/totals.js';
import { lineContext, type LineParts } from './line-context.js';

export interface QueueOptions extends SchedulerLimits {
  /** Longest wait in the queue in milliseconds; 0 is unlimited. */
  readonly queueTimeoutMs: number;
  /** The most prompt tokens of all waiting requests together; null for any number. */
  readonly maxQueuedTokens: number | null;
  /** The longest expected time to the first token with which a request may begin to wait, in ms; null for any. */
  readonly ttftTargetMs: number | null;
  readonly policy: QueuePolicy;
  /** After how long a waiting request rises by a class, in milliseconds. */
  readonly classPatienceMs: number;
  /** How long an interactive request waits until a running `batch` generation pauses for it, in ms; null for ever. */
  readonly preemptAfterMs: number | null;
}

/** What the process that a server is started in does for it. */
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

/** What a server is told about itself, whatever executes its requests. */
export interface ServerDescription {
  readonly server: ServerOptions;
  readonly version: string;
  /** Where a trace of each request is sent to; nowhere if left out. */
  readonly otlpUrl?: string;
  readonly host?: HostProcess;
}

/** Under which the requests of load tests are shown; keys of the configuration have no spaces in their names. */
const loadTestName = 'load test';

/** When the time for a drain is up, clients still get this long to read the error. */
const farewellMs = 1000;

/** @param access of a configuration file; null without one */
export function entrance(server: ServerOptions, access: Access | null, clock: Clock): Entrance {
  const keys = keyRing(server, access);
  return { keys, rates: new RateLimiter(clock, ratesOf(keys)) };
}

/**
 * Connects a line to what every server has: its machine, metrics, logs, keys and what operators can do.
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
  const connectionLimits = connectionLimitsOfProcess();
  const operations = operationsOf(host, keys);
  const parts = { machine, options: server, keys, rates, clock, connectionLimits, operations, version };
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
  // Loaded late: without --store, nobody needs it.
  const { openFileStorage } = await import('../server/store/file-storage.js');
  return openFileStorage({ path: storePath, ttlMs: storeTtlMs, clock, logger });
}

/** Sends traces of the requests of a line, if somebody wants them, until it is closed. */
export async function openTraces(
  opened: Opened,
  { otlpUrl: url, version }: Pick<ServerDescription, 'otlpUrl' | 'version'>,
  line: RequestLine,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  if (url === undefined) return;
  // Loaded late: without --otlp, nobody needs it.
  const { TraceExporter } = await import('../telemetry/trace-exporter.js');
  opened.add(new TraceExporter(line, { url, version, clock, logger }), (traces) => traces.stop());
}

/** What operators can do with the process of the server; null if it is not the server's own. */
export function operationsOf(host: HostProcess | undefined, keys: KeyRing): Operations | null {
  if (host === undefined) return null;
  return { drain: host.drain, loadTests: new LoadTests(host.startLoad, () => keys.lend(loadTestName)) };
}

/** The keys of --api-key, and those of a configuration file if there is one. */
function keyRing({ apiKeys }: Pick<ServerOptions, 'apiKeys'>, access: Access | null): KeyRing {
  return new KeyRing(acceptedKeys(apiKeys, access?.keys ?? []), access?.anonymous ?? null);
}

/**
 * Lets in whom a configuration file names from now on.
 *
 * @throws ChatstreamError `usage` for reserves that cannot be, and for a key that is an --api-key too; nothing is changed then
 */
function replaceAccess({ keys, line, rates, options }: LineContext, access: Access): void {
  const changed = keyRing(options, access);
  line.configureKeys(termsOf(changed), access.classReserves);
  keys.replace(changed);
  rates.configure(ratesOf(keys));
}

export function ratesOf({ all }: KeyRing): ReadonlyMap<string, RateLimits> {
  return new Map(all.map(({ name, rates }) => [name, rates]));
}

function termsOf({ all }: KeyRing): ReadonlyMap<string, KeyTerms> {
  return new Map(all.map(({ name, terms }) => [name, terms]));
}

/** What a server can be told while it runs, and its counts. */
export interface Controls {
  readonly totals: Readonly<Record<CountedOutcome, number>>;
  readonly replaceAccess: (access: Access) => void;
  /** See {@link drainApp}. */
  readonly drain: (timeoutMs: number) => Promise<number>;
}

/** @param close ends everything, after the last request */
export function controlsOf(app: App, context: LineContext, close: () => Promise<void>): Controls {
  return {
    totals: context.totals.counts,
    replaceAccess: (access) => {
      replaceAccess(context, access);
    },
    drain: async (timeoutMs) => {
      const abandoned = await drainApp(app, context, timeoutMs);
      await close();
      return abandoned;
    },
  };
}

/**
 * Ends all requests with an error, so that a server can be closed, which waits for their answers. After a drain, there is nothing
 * left to end.
 */
export function endRequests(line: Pick<RequestLine, 'drain' | 'abandonRunning'>): void {
  void line.drain();
  line.abandonRunning();
}

/**
 * Refuses new requests, turns away waiting ones, lets running generations finish for `timeoutMs` milliseconds, and closes
 * the server. @returns how many generations were cut off
 */
async function drainApp(
  app: App,
  { line, clock, operations }: Pick<LineContext, 'line' | 'clock' | 'operations'>,
  timeoutMs: number,
): Promise<number> {
  const endMs = clock.now() + timeoutMs;
  // The requests of a load test are of no use to anybody once it is stopped.
  const [abandoned] = await Promise.all([drainWithin(line, timeoutMs), operations?.loadTests.close()]);
  // Slow readers get the rest of the time to read their answers.
  const cancelTimer = clock.schedule(Math.max(endMs - clock.now(), farewellMs), () => {
    app.server.closeAllConnections();
  });
  await app.close();
  cancelTimer();
  return abandoned;
}

/** Waits for the running generations, and ends those that are not done by the deadline. */
async function drainWithin(line: RequestLine, timeoutMs: number): Promise<number> {
  let abandoned = 0;
  // Unlike the clock's timers, this one must keep the process alive, because the process waits for it.
  const deadline = setTimeout(
    () => {
      abandoned = line.abandonRunning();
    },
    Math.min(timeoutMs, longestTimerMs),
  );
  await line.drain();
  clearTimeout(deadline);
  return abandoned;
}
