import { longestTimerMs } from './base/clock.js';
import type { KeySettings } from './config/key-settings.js';
import type { RequestLine } from './inference/request-line.js';
import type { KeyTerms } from './scheduler/demand.js';
import type { QueuePolicy } from './scheduler/fair-line.js';
import type { RateLimits } from './scheduler/rate-limiter.js';
import type { SchedulerLimits, SchedulerOptions } from './scheduler/scheduler.js';
import { LoadTests, type StartLoad } from './server/console/load-tests.js';
import type { App, LineContext, Operations } from './server/http/context.js';
import type { KeyRing } from './server/http/key-ring.js';

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
}

/** What the process that a server is started in does for it. */
export interface HostProcess {
  /** Ends the process as SIGTERM does. */
  readonly drain: () => void;
  readonly startLoad: StartLoad;
}

/** Under which the requests of load tests are shown; keys of the configuration have no spaces in their names. */
const loadTestName = 'load test';

/** When the time for a drain is up, clients still get this long to read the error. */
const farewellMs = 1000;

/**
 * What the scheduler needs to know.
 *
 * @param isConfigured whether there is a configuration file. Where a key can make no difference, the queue is the plain one,
 *   which costs less.
 */
export function schedulerOptions(queue: QueueOptions, isConfigured: boolean, keys: KeyRing): SchedulerOptions {
  const { policy, classPatienceMs, ...limits } = queue;
  if (policy === 'fifo' && !isConfigured) return limits;
  return { ...limits, fair: { policy, classPatienceMs, terms: termsOf(keys) } };
}

/** What operators can do with the process of the server; null if it is not the server's own. */
export function operationsOf(host: HostProcess | undefined, keys: KeyRing): Operations | null {
  if (host === undefined) return null;
  return { drain: host.drain, loadTests: new LoadTests(host.startLoad, () => keys.lend(loadTestName)) };
}

/** Accepts these keys from now on. */
export function replaceKeys({ keys, line, rates }: LineContext, changed: readonly KeySettings[]): void {
  keys.replace(changed);
  line.configureKeys(termsOf(keys));
  rates.configure(ratesOf(keys));
}

export function ratesOf({ keys }: KeyRing): ReadonlyMap<string, RateLimits> {
  return new Map(keys.map(({ name, rates }) => [name, rates]));
}

function termsOf({ keys }: KeyRing): ReadonlyMap<string, KeyTerms> {
  return new Map(keys.map(({ name, terms }) => [name, terms]));
}

/**
 * Refuses new requests, turns away waiting ones, lets running generations finish for `timeoutMs` milliseconds, and closes
 * the server. @returns how many generations were cut off
 */
export async function drainApp(
  app: App,
  {
    line,
    clock,
    machine,
    history,
    operations,
  }: Pick<LineContext, 'line' | 'clock' | 'machine' | 'history' | 'operations'>,
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
  machine.stop();
  history.stop();
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
