import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { until } from './app.js';

/** A client on a real socket that shows what has arrived so far, and reads as slowly as a test wants. */
export class StreamClient {
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #body = '';
  #reading = true;
  #state: 'open' | 'ended' | 'cut off' = 'open';

  /** @param body null for a GET */
  constructor(port: number, path: string, body: object | null, headers: Readonly<Record<string, string>>) {
    this.#request = request({
      port,
      path,
      method: body === null ? 'GET' : 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', ...headers },
    });
    this.#request.on('response', (response) => {
      this.#onResponse(response);
    });
    this.#request.on('error', () => {
      this.#state = 'cut off';
    });
    this.#request.end(body === null ? undefined : JSON.stringify(body));
  }

  /** Undefined until the response has begun. */
  get status(): number | undefined {
    return this.#response?.statusCode;
  }

  get headers(): IncomingHttpHeaders {
    return this.#response?.headers ?? {};
  }

  /** Everything that has arrived. */
  get body(): string {
    return this.#body;
  }

  get state(): 'open' | 'ended' | 'cut off' {
    return this.#state;
  }

  /** Waits until the stream has ended, one way or the other. */
  async finished(): Promise<string> {
    await until(() => this.#state !== 'open', 'the end of the stream');
    return this.#body;
  }

  async arrived(part: string): Promise<void> {
    await until(() => this.#body.includes(part), `"${part}" in ${JSON.stringify(this.#body)}`);
  }

  /** Stops reading, also what has not come yet, so that the socket fills up. */
  pause(): void {
    this.#reading = false;
    this.#response?.pause();
  }

  resume(): void {
    this.#reading = true;
    this.#response?.resume();
  }

  leave(): void {
    this.#request.destroy();
  }

  #onResponse(response: IncomingMessage): void {
    this.#response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.#body += text;
    });
    if (!this.#reading) response.pause();
    response.on('end', () => {
      this.#state = 'ended';
    });
    response.on('error', () => {
      this.#state = 'cut off';
    });
  }
}

/** Makes the app listen, on a port of its own, once. */
export async function listen(app: Pick<FastifyInstance, 'server' | 'listen'>): Promise<number> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
  const address: AddressInfo | string | null = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('The app does not listen on a port.');
  return address.port;
}

/** Asks for a stream. Resolves when the request is on its way; the answer may take its time. */
export async function openStream(
  app: Pick<FastifyInstance, 'server' | 'listen'>,
  body: object,
  headers: Readonly<Record<string, string>> = {},
  path = '/v1/chat/completions',
): Promise<StreamClient> {
  return new StreamClient(await listen(app), path, { ...body, stream: true }, headers);
}

/** Asks for server-sent events with a GET. Resolves when the first has arrived. */
export async function watchEvents(
  app: Pick<FastifyInstance, 'server' | 'listen'>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<StreamClient> {
  const client = new StreamClient(await listen(app), path, null, headers);
  await client.arrived('\n\n');
  return client;
}
