import { onTestFinished } from 'vitest';
import { microsNow } from '../../../../src/core/base/micros.js';
import type { RequestOutcome } from '../../../../src/core/bench/client/outcome.js';
import {
  createStreamingClient,
  type StreamingClient,
  type StreamingClientOptions,
} from '../../../../src/core/bench/client/streaming-client.js';
import { type ScriptedExchange, ScriptedHttpServer } from '../../../support/scripted-http-server.js';
import type { selfSigned } from '../../../support/self-signed.js';

export const token = 'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}\n\n';
export const stop = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
export const done = 'data: [DONE]\n\n';
export const eventStream = ['Content-Type: text/event-stream'];

/** A server that answers as the script says. It ends with the test. */
export async function serve(
  script: (exchange: ScriptedExchange) => void | Promise<void>,
  tls: typeof selfSigned | null = null,
): Promise<ScriptedHttpServer> {
  const server = await ScriptedHttpServer.start(script, tls);
  onTestFinished(() => server.stop());
  return server;
}

/** A client of such a server. It is closed at the end of the test, before the server. */
export function clientOf(url: string, options: Partial<StreamingClientOptions> = {}): StreamingClient {
  const client = createStreamingClient({ url: `${url}/v1/chat/completions`, headers: {}, timeoutMs: 0, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** The outcome of one request to a server with this script. */
export async function outcomeOf(
  script: (exchange: ScriptedExchange) => void | Promise<void>,
  options: Partial<StreamingClientOptions> = {},
): Promise<RequestOutcome> {
  const server = await serve(script);
  return await clientOf(server.url, options).send('{}', microsNow());
}

/** A stream of two tokens. */
export async function goodAnswer(exchange: ScriptedExchange): Promise<void> {
  await exchange.stream(token, token, stop, done);
}
