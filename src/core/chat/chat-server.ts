import { Agent, request } from 'undici';
import { ChatstreamError } from '../base/errors.js';
import { connectionFailure } from '../bench/client/connection-failure.js';
import { tlsOptionsOf, type Trust } from '../bench/client/transport.js';
import { serverAddressOf } from '../bench/plan/server-address.js';
import { detectServer, findApiPath } from '../bench/target/detect.js';
import { httpOf } from '../bench/target/http.js';
import { rejectionText } from '../bench/target/rejection-text.js';
import { type AnswerEvent, answerEvents } from './answer-events.js';
import type { Message } from './conversation.js';
import type { Parameters } from './parameters.js';

/** A server that answers chats. */
export interface ChatServer {
  /** Without a query, which may contain a key. */
  readonly url: string;
  readonly model: string;
  /**
   * Requests an answer, which may have to wait in the server's queue for any length of time.
   *
   * @param signal aborted to stop the answer, which ends the events without an error
   * @throws ChatstreamError `target_unreachable` with the server's own words if it refuses or fails
   */
  ask(messages: readonly Message[], parameters: Parameters, signal: AbortSignal): AsyncGenerator<AnswerEvent, void>;
}

export interface ChatServerOptions {
  /** The model to request; null: the first one that the server offers. */
  readonly model: string | null;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly trust: Trust;
}

/**
 * Reaches a server that speaks OpenAI's API.
 *
 * @param text its URL, in any of the forms that `serverAddressOf` reads
 * @throws ChatstreamError `usage` if it is not the URL of a server, `target_unreachable` if none answers there
 */
export async function reachChatServer(
  text: string,
  { model: wanted, headers, trust }: ChatServerOptions,
): Promise<ChatServer> {
  const { baseUrl: url, httpUrl, socketPath, query, apiPaths, model: named } = serverAddressOf(text);
  const http = httpOf(httpUrl, headers, { query, transport: { socketPath, trust }, name: url });
  const apiPath = await findApiPath(http, apiPaths);
  const { type, models } = await detectServer(http, url, apiPath);
  const model = wanted ?? named ?? models[0] ?? 'default';
  const dispatcher = new Agent({ connect: { ...tlsOptionsOf(trust), socketPath }, headersTimeout: 0, bodyTimeout: 0 });
  // Other servers might refuse unknown parameters.
  const streamOptions = { include_usage: true, ...(type === 'chatstream' ? { include_queue: true } : {}) };
  return {
    url,
    model,
    async *ask(messages, parameters, signal) {
      const body = { ...parameters, model, messages, stream: true, stream_options: streamOptions };
      try {
        const answer = await request(`${httpUrl}${apiPath}/chat/completions${query}`, {
          dispatcher,
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal,
        });
        if (answer.statusCode !== 200) {
          const refusal = { status: answer.statusCode, text: await answer.body.text() };
          throw new ChatstreamError('target_unreachable', rejectionText(refusal));
        }
        answer.body.setEncoding('utf8');
        yield* answerEvents(textsOf(answer.body));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ChatstreamError) throw error;
        const at = socketPath ?? new URL(httpUrl).host;
        const { message } = connectionFailure(error, at);
        throw new ChatstreamError('target_unreachable', message.replaceAll(/\s+/g, ' '), { cause: error });
      }
    },
  };
}

async function* textsOf(body: AsyncIterable<unknown>): AsyncGenerator<string, void> {
  for await (const piece of body) yield String(piece);
}
