import { ChatstreamError } from '../base/errors.js';
import type { Trust } from '../bench/client/transport.js';
import { serverAddressOf } from '../bench/plan/server-address.js';
import { detectServer } from '../bench/target/detect.js';
import { type Answer, httpOf, jsonOf } from '../bench/target/http.js';
import { rejectionText } from '../bench/target/rejection-text.js';
import { isQueueView, type QueueView } from './queue-view.js';
import { readTotals, type Totals, unknownTotals } from './totals.js';

/** The state of a server at one moment. */
export interface Reading {
  /** When it was asked, in milliseconds of a monotonic clock. */
  readonly atMs: number;
  readonly queue: QueueView;
  readonly totals: Totals;
}

/** A chatstream server that is watched from outside. */
export interface WatchedServer {
  /** Without a query, which may contain a key. */
  readonly url: string;
  readonly model: string;
  /**
   * @param leaving aborted when the reading is no longer wanted
   * @throws ChatstreamError `target_unreachable` if it does not answer, or no longer as a chatstream server does
   */
  read(leaving?: AbortSignal): Promise<Reading>;
  /**
   * @param model whose line it is, on a server with several; null for all
   * @throws ChatstreamError `target_unreachable` if it refuses, with the reason that it gives
   */
  setMaxConcurrency(maxConcurrency: number, model: string | null): Promise<void>;
}

export interface WatchOptions {
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly trust: Trust;
  /** Milliseconds in which the server has to answer. */
  readonly patienceMs: number;
}

/**
 * Reaches a chatstream server.
 *
 * @param text its URL, in any of the forms that `serverAddressOf` reads
 * @throws ChatstreamError `usage` if it is not the URL of a server, `target_unreachable` if none answers there, or one that
 *   has no queues to show
 */
export async function watchServer(text: string, { headers, trust, patienceMs }: WatchOptions): Promise<WatchedServer> {
  const { baseUrl: url, httpUrl, socketPath, query } = serverAddressOf(text);
  const http = httpOf(httpUrl, headers, { query, patienceMs, transport: { socketPath, trust }, name: url });
  const { type, models } = await detectServer(http, url);
  if (type !== 'chatstream') {
    throw new ChatstreamError('target_unreachable', `${url} is not a chatstream server, so it has no queues to show.`, {
      hint: 'Give --url the base URL of a server that chatstream serve has started.',
    });
  }
  const refused = (what: string, answer: Answer): ChatstreamError =>
    new ChatstreamError('target_unreachable', `${url} ${what}: ${rejectionText(answer)}`);
  return {
    url,
    model: models[0] ?? 'unknown model',
    async read(leaving) {
      const atMs = performance.now();
      const [queue, metrics] = await Promise.all([http.get('/v1/queue', leaving), http.get('/metrics', leaving)]);
      const view = queue.status === 200 ? jsonOf(queue) : undefined;
      if (!isQueueView(view)) throw refused('does not show its queues', queue);
      // A key with the role `user` may see the queues, but no metrics.
      if (metrics.status === 403) return { atMs, queue: view, totals: unknownTotals };
      if (metrics.status !== 200) throw refused('does not show its metrics', metrics);
      return { atMs, queue: view, totals: readTotals(metrics.text) };
    },
    async setMaxConcurrency(maxConcurrency, model) {
      const change = { ...(model !== null && { model }), max_concurrency: maxConcurrency };
      const answer = await http.send('PATCH', '/v1/queue', change);
      if (answer.status !== 200) throw refused(`did not set max-concurrency to ${maxConcurrency}`, answer);
    },
  };
}
