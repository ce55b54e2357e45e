import { untilAborted } from '../../base/abort.js';
import { createStreamingClient, type StreamingClient } from '../client/streaming-client.js';
import type { BenchOptions } from '../plan/options.js';
import type { BodyOptions } from '../workload/request-body.js';
import type { Target } from './target.js';

/** What is measured by sending requests before the load. */
export type Probe<T> = (client: StreamingClient, body: BodyOptions) => Promise<T>;

/** What all requests have in common, as the user wants it. */
export type RequestOptions = Pick<BenchOptions, 'timeoutMs' | 'omittedParams' | 'extraBody' | 'form'>;

/**
 * Lets a probe send its requests on a separate connection.
 *
 * @param signal aborted to cancel
 */
export async function probed<T>(
  { requestsUrl: url, headers, transport, description }: Target,
  { timeoutMs, omittedParams, extraBody, form }: RequestOptions,
  signal: AbortSignal,
  probe: Probe<T>,
): Promise<T> {
  const client = createStreamingClient({ url, headers, timeoutMs, transport, form });
  const body = { form, model: description.model, ignoreEos: false, omitted: omittedParams, extraBody };
  try {
    return await untilAborted(probe(client, body), signal);
  } finally {
    await client.close();
  }
}
