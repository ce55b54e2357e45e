import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError } from '../base/errors.js';
import { serverAddressOf } from '../bench/plan/server-address.js';
import { httpOf, jsonOf } from '../bench/target/http.js';
import { rejectionText } from '../bench/target/rejection-text.js';
import type { WatchOptions } from './watched-server.js';

const page = Compile(Type.Object({ data: Type.Array(Type.Object({ id: Type.String() })), has_more: Type.Boolean() }));

/** The maximum number of items that a server returns at once. */
const perPage = 100;

/**
 * The feedback that a chatstream server has collected, the oldest first, each as one line of JSON.
 *
 * @param text the URL of the server
 * @throws ChatstreamError `usage` for an invalid URL, `target_unreachable` if there is no such server, or it refuses
 */
export async function* feedbackLines(text: string, options: WatchOptions): AsyncGenerator<string> {
  const { baseUrl: url, httpUrl, socketPath, query } = serverAddressOf(text);
  const { headers, trust, patienceMs } = options;
  const http = httpOf(httpUrl, headers, { patienceMs, transport: { socketPath, trust }, name: url });
  for (let after = ''; ;) {
    const asked = `limit=${perPage}${after === '' ? '' : `&after=${after}`}`;
    const answer = await http.get(`/v1/feedback${query === '' ? '?' : `${query}&`}${asked}`);
    const found = answer.status === 200 ? jsonOf(answer) : undefined;
    if (!page.Check(found)) {
      throw new ChatstreamError('target_unreachable', `${url} gives no feedback: ${rejectionText(answer)}`);
    }
    for (const feedback of found.data) yield JSON.stringify(feedback);
    const last = found.data.at(-1);
    if (!found.has_more || last === undefined) return;
    after = last.id;
  }
}
