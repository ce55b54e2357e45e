import { systemClock } from '../../base/clock.js';
import { ChatstreamError } from '../../base/errors.js';
import { microsNow } from '../../base/micros.js';
import { formatDuration } from '../../base/units.js';
import type { AnswerForm } from '../../measurement/workload/endpoints.js';
import { answeredBy } from './answered-by.js';
import { Connection, type Route } from './connection.js';
import { connectionFailure, isClosedByServer } from './connection-failure.js';
import { Exchange, Hopeless } from './exchange.js';
import type { OutcomeWithoutTimes, RequestOutcome } from './outcome.js';
import { tlsOptionsOf, type Transport, usualTransport } from './transport.js';

/** Few enough that a server with a short backlog (5 for llama-server) does not drop one of them for a second. */
const handshakesAtOnce = 4;

/**
 * A connection that the server had already closed fails within a round trip. If a request fails later than this, the
 * server was working on it, and sending it again would hide a failure.
 */
const staleWithinUs = 1_000_000;

export interface StreamingClientOptions {
  /** Where requests go, such as `http://127.0.0.1:8000/v1/chat/completions`. */
  readonly url: string;
  /** Sent with every request; `content-type` and `accept` are added if they are missing. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds from the call of `send` to the end of the answer, including connecting; 0 is no limit. */
  readonly timeoutMs: number;
  readonly transport?: Transport;
  /** The kind of answers to expect; absent: streams of chat completions. */
  readonly form?: AnswerForm;
}

const usualForm: AnswerForm = { endpoint: 'chat', streaming: true };

function acceptable({ streaming }: AnswerForm): string {
  return streaming ? 'text/event-stream' : 'application/json';
}

/** Options of a single request. */
interface SendWishes {
  /** Whether the outcome contains the text of the answer; absent: it does not. */
  readonly keepsText?: boolean | undefined;
  /** Gives up this long after sending, with the outcome `cancelled`. Absent: it waits for the answer. */
  readonly leavesAfterMs?: number | undefined;
}

/** Sends requests and measures the streams that come back. Knows nothing of load, settings or histograms. */
export interface StreamingClient {
  /**
   * Opens connections until at least `count` are ready, so that no measured request includes a handshake. Nothing is sent
   * on them.
   *
   * @throws ChatstreamError `target_unreachable` if one cannot be opened
   */
  connect(count: number): Promise<void>;
  /**
   * Sends one request on a free connection, opening one if there is none. Never rejects: a failure is an outcome too.
   *
   * @param body JSON text
   * @param intendedUs when the plan wanted it sent
   * @param wishes the options of this request
   */
  send(body: string, intendedUs: number, wishes?: SendWishes): Promise<RequestOutcome>;
  /** Ends the requests in flight; their outcome is `aborted`. */
  abort(): void;
  /** Aborts, and closes all connections. */
  close(): Promise<void>;
}

/** A client with one connection for each stream that is open at the same time, and no limit on their number. */
export function createStreamingClient(options: StreamingClientOptions): StreamingClient {
  return new UndiciClient(options);
}

class UndiciClient implements StreamingClient {
  readonly #route: Route;
  /** For messages: host and port, or the path of a socket. */
  readonly #at: string;
  readonly #request: { readonly method: 'POST'; readonly path: string; readonly headers: Record<string, string> };
  readonly #timeoutMs: number;
  readonly #form: AnswerForm;
  readonly #connections = new Set<Connection>();
  /** The most recently used connection is taken first, because it is the least likely to have been closed. */
  readonly #idle: Connection[] = [];
  readonly #inFlight = new Set<InFlight>();

  constructor({ url, headers, timeoutMs, transport = usualTransport, form = usualForm }: StreamingClientOptions) {
    const { origin, pathname, search } = new URL(url);
    this.#route = { origin: new URL(origin), socketPath: transport.socketPath, tls: tlsOptionsOf(transport.trust) };
    this.#at = transport.socketPath ?? this.#route.origin.host;
    const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    this.#request = {
      method: 'POST',
      path: pathname + search,
      headers: { 'content-type': 'application/json', accept: acceptable(form), ...Object.fromEntries(lowerCase) },
    };
    this.#form = form;
    this.#timeoutMs = timeoutMs;
  }

  async connect(count: number): Promise<void> {
    let missing = count - this.#idle.filter(({ isUsable }) => isUsable).length;
    const openSome = async (): Promise<void> => {
      while (missing > 0) {
        missing -= 1;
        const connection = this.#open();
        await connection.opened;
        this.#idle.push(connection);
      }
    };
    try {
      await Promise.all(Array.from({ length: handshakesAtOnce }, openSome));
    } catch (error) {
      missing = 0;
      throw new ChatstreamError('target_unreachable', connectionFailure(error, this.#at).message, {
        cause: error,
      });
    }
  }

  async send(body: string, intendedUs: number, wishes: SendWishes = {}): Promise<RequestOutcome> {
    const request = new InFlight(wishes);
    this.#inFlight.add(request);
    const cancelTimer =
      this.#timeoutMs === 0
        ? undefined
        : systemClock.schedule(this.#timeoutMs, () => {
            request.interrupt('timed_out');
          });
    const begunUs = microsNow();
    const kept = this.#takeIdle();
    let exchange = kept === undefined ? null : await this.#exchange(request, kept, body);
    const reconnects = kept !== undefined && exchange !== null && isStale(exchange, kept, request) ? 1 : 0;
    if (exchange === null || reconnects === 1) exchange = await this.#exchange(request, this.#open(), body);
    cancelTimer?.();
    request.stay();
    this.#inFlight.delete(request);
    const { sendUs, endUs, contentEncoding } = exchange;
    const answer = this.#outcomeOf(exchange, request);
    const { upstream, executor } = exchange;
    return {
      intendedUs,
      sendUs: sendUs ?? begunUs,
      endUs,
      reconnects,
      ...answeredBy(upstream, answer),
      ...(contentEncoding === null ? {} : { contentEncoding }),
      ...(executor === null ? {} : { executor }),
    };
  }

  abort(): void {
    for (const request of this.#inFlight) request.interrupt('aborted');
  }

  async close(): Promise<void> {
    this.abort();
    const connections = [...this.#connections];
    for (const connection of connections) connection.destroy();
    await Promise.all(connections.map(({ closed }) => closed));
  }

  /** Opens a connection that is not in the list of idle ones yet. */
  #open(): Connection {
    const connection = new Connection(this.#route);
    this.#connections.add(connection);
    void connection.closed.then(() => {
      this.#connections.delete(connection);
      const index = this.#idle.indexOf(connection);
      if (index !== -1) this.#idle.splice(index, 1);
    });
    return connection;
  }

  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.isUsable) return connection;
    }
  }

  /** Sends the request once the connection is open, and waits for the end of the answer, or the error. */
  async #exchange(request: InFlight, connection: Connection, body: string): Promise<Exchange> {
    request.use(connection);
    const exchange = new Exchange(connection, this.#form, request.keepsText);
    try {
      if (!connection.isOpen) await connection.opened;
      connection.dispatch({ body, ...this.#request }, exchange);
      request.sent();
      await exchange.ended;
    } catch (error) {
      exchange.fail(error);
    }
    if (exchange.error === null && connection.isUsable) this.#idle.push(connection);
    else connection.destroy();
    return exchange;
  }

  #outcomeOf({ answer, error }: Exchange, { interruption }: InFlight): OutcomeWithoutTimes {
    const isWhole = error === null || error instanceof Hopeless;
    if (answer !== null && (isWhole || answer.isDecided)) return answer.outcome();
    const arrived = `${answer?.tokenChunks ?? 0} chunks of text had arrived`;
    switch (interruption) {
      case 'aborted':
        return { status: 'aborted', code: 'aborted', message: `The load generator gave up; ${arrived}.` };
      case 'cancelled': {
        const message = `The client left, as --cancel plans it; ${arrived}.`;
        return { status: 'cancelled', code: 'cancelled', message, tokenChunks: answer?.tokenChunks ?? 0 };
      }
      case 'timed_out': {
        const limit = formatDuration(this.#timeoutMs);
        const message = `The answer was not complete after ${limit}; ${arrived}. --timeout allows more.`;
        return { status: 'timed_out', code: 'timed_out', message };
      }
      case null: {
        const { code, message } = connectionFailure(error, this.#at);
        return { status: 'failed', code, message: answer === null ? message : `${message} Until then ${arrived}.` };
      }
    }
  }
}

/** Whether the connection was closed before the server received the request. */
function isStale({ error, sendUs, endUs }: Exchange, connection: Connection, request: InFlight): boolean {
  if (error === null || request.interruption !== null || !isClosedByServer(error)) return false;
  return connection.bytesRead === request.bytesReadBefore && (sendUs === null || endUs - sendUs < staleWithinUs);
}

/** Why the client itself ended a request. */
type Interruption = 'timed_out' | 'cancelled' | 'aborted';

/** A request in progress, whether it waits for a connection or for its answer. */
class InFlight {
  #interruption: Interruption | null = null;
  #connection: Connection | null = null;
  #bytesReadBefore = 0;
  /** Whether the outcome contains the text of the answer. */
  readonly keepsText: boolean;
  readonly #leavesAfterMs: number | undefined;
  #stopLeaving: (() => void) | null = null;

  constructor({ keepsText = false, leavesAfterMs }: SendWishes) {
    this.keepsText = keepsText;
    this.#leavesAfterMs = leavesAfterMs;
  }

  get interruption(): Interruption | null {
    return this.#interruption;
  }

  /** How many bytes its connection had received before the request was sent. */
  get bytesReadBefore(): number {
    return this.#bytesReadBefore;
  }

  /** The connection that the request is sent on from now on. */
  use(connection: Connection): void {
    this.#connection = connection;
    this.#bytesReadBefore = connection.bytesRead;
    if (this.#interruption !== null) connection.destroy();
  }

  /** The request was sent; from now on, its client may leave. */
  sent(): void {
    this.stay();
    if (this.#leavesAfterMs === undefined) return;
    this.#stopLeaving = systemClock.schedule(this.#leavesAfterMs, () => {
      this.interrupt('cancelled');
    });
  }

  /** Its client no longer leaves. */
  stay(): void {
    this.#stopLeaving?.();
  }

  /** Ends it now; the first reason counts. */
  interrupt(interruption: Interruption): void {
    this.#interruption ??= interruption;
    this.#connection?.destroy();
  }
}
