import type { Logger as PinoLogger } from 'pino';
import { type Clock, longestTimerMs } from '../base/clock.js';
import type { Opened } from '../base/opened.js';
import type { Access } from '../config/access.js';
import type { RequestLine } from '../inference/queue/request-line.js';
import { createApp } from '../server/app.js';
import type { App, LineContext, RelayContext, ServerContext } from '../server/http/context.js';
import { listen } from '../server/http/listen.js';
import type { CountedOutcome } from '../telemetry/totals.js';
import { keyRing, ratesOf, type ServerDescription, termsOf } from './serving.js';

/**
 * When the time for a drain is up, or if there is none, clients still get this long to read the error, in milliseconds.
 */
const farewellMs = 1000;

/** A server that listens, whatever executes its requests: its counts, and what it can be told. */
export interface OpenServer {
  readonly url: string;
  readonly totals: Readonly<Record<CountedOutcome, number>>;
  /** How many generations run at the moment. */
  readonly running: () => number;
  /**
   * From now on, admits the clients that the configuration file names. Requests that have been accepted continue.
   *
   * @throws ChatstreamError `usage` for reserves that cannot be, and for a key that is an --api-key too; nothing is changed then
   */
  readonly replaceAccess: (access: Access) => void;
  /**
   * Refuses new requests, turns away waiting ones, lets running generations finish for `timeoutMs` milliseconds, and then
   * ends everything. @returns how many generations were cut off
   */
  readonly drain: (timeoutMs: number) => Promise<number>;
}

/**
 * Makes the application and listens.
 *
 * @param opened is closed after the last request of a drain
 * @param beforeClosing ends what the application would wait for when it is closed: its requests
 * @throws ChatstreamError `address_unavailable`
 */
export async function openServer(
  opened: Opened,
  context: RelayContext | ServerContext,
  { otlpUrl }: Pick<ServerDescription, 'otlpUrl'>,
  logger: PinoLogger,
  beforeClosing: () => unknown = () => undefined,
): Promise<OpenServer> {
  await openTraces(opened, context, otlpUrl, logger);
  const app = opened.add(await createApp(context, logger), (each) => closeApp(each, context.clock, farewellMs));
  opened.add(app, beforeClosing);
  return {
    url: await listen(app, context.options),
    totals: context.totals.counts,
    running: () => context.line.running,
    replaceAccess: (access) => {
      replaceAccess(context, access);
    },
    drain: async (timeoutMs) => {
      const abandoned = await drainApp(app, context, timeoutMs);
      await opened.close();
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

/** Sends traces of the requests of a line, if --otlp is set, until it is closed. */
async function openTraces(
  opened: Opened,
  { line, version, clock }: LineContext,
  url: string | undefined,
  logger: PinoLogger,
): Promise<void> {
  if (url === undefined) return;
  // Loaded late: without --otlp, it is not needed.
  const { TraceExporter } = await import('../telemetry/trace-exporter.js');
  opened.add(new TraceExporter(line, { url, version, clock, logger }), (traces) => traces.stop());
}

function replaceAccess({ keys, line, rates, options }: LineContext, access: Access): void {
  const changed = keyRing(options, access);
  line.configureKeys(termsOf(changed), access.classReserves);
  keys.replace(changed);
  rates.configure(ratesOf(keys));
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
  // The requests of a load test are useless once it is stopped.
  const [abandoned] = await Promise.all([drainWithin(line, timeoutMs), operations?.loadTests.close()]);
  await closeApp(app, clock, Math.max(endMs - clock.now(), farewellMs));
  return abandoned;
}

/** @param timeoutMs how long slow readers get to read their answers, in milliseconds */
async function closeApp(app: App, clock: Clock, timeoutMs: number): Promise<void> {
  const cancelTimer = clock.schedule(timeoutMs, () => {
    app.server.closeAllConnections();
  });
  await app.close();
  cancelTimer();
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
