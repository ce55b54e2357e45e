import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { member, nonEmpty } from '../../src/core/base/json.js';

/** How an upstream treats a request. */
export type UpstreamManner =
  | { readonly type: 'answer'; readonly tokens: number; readonly tokenMs: number }
  | {
      readonly type: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** The code of its error; the status if left out. */
      readonly code?: string;
      readonly message?: string;
    }
  /** It breaks the connection after so many tokens; before 0 tokens, it sends the head and an event without text. */
  | { readonly type: 'break'; readonly afterTokens: number; readonly manner: 'reset' | 'end' | 'error' }
  /** It ends its stream after so many tokens with such an event. */
  | { readonly type: 'report'; readonly afterTokens: number; readonly event: object }
  | { readonly type: 'nonsense'; readonly contentType: string }
  | { readonly type: 'silence' };

export interface UpstreamServerOptions {
  readonly models?: readonly string[];
  readonly manner?: UpstreamManner;
  /** As llama-server's /props has it. */
  readonly slots?: number;
  /** Generations that each of its models runs at once, as the /v1/queue of a chatstream server has it. */
  readonly placesByModel?: Readonly<Record<string, number>>;
}

/** The words that such a server answers with. */
export function answerTo(prompt: string, tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => `${prompt}-${index}ü `).join('');
}

/** A small server that speaks OpenAI's API, in this process, and treats requests as a test says. */
export class UpstreamServer {
  readonly #server: Server;
  readonly #models: readonly string[];
  readonly #slots: number | null;
  readonly #placesByModel: Readonly<Record<string, number>> | null;
  readonly requests: { readonly path: string; readonly body: string; readonly headers: IncomingMessage['headers'] }[] =
    [];
  manner: UpstreamManner;
  /** How it treats requests for some of its models. */
  readonly manners = new Map<string, UpstreamManner>();
  /** Whether it answers probes. */
  isProbed = true;
  /** The status of its answers to probes, unless it is well. */
  probeStatus: number | null = null;
  /** Whether it loads its model, as llama-server does: it lists it, and answers everything else with a 503. */
  isLoading = false;
  readonly #silent = new Set<ServerResponse>();
  inFlight = 0;
  mostInFlight = 0;
  #port = 0;

  private constructor({ models = ['model'], manner, slots, placesByModel }: UpstreamServerOptions) {
    this.#models = models;
    this.#slots = slots ?? null;
    this.#placesByModel = placesByModel ?? null;
    this.manner = manner ?? { type: 'answer', tokens: 5, tokenMs: 0 };
    this.#server = createServer((request, response) => {
      if (this.isLoading && request.url !== '/v1/models') refuseWhileLoading(response);
      else if (request.method === 'GET') this.#probe(request, response);
      else void this.#answer(request, response);
    });
    this.#server.keepAliveTimeout = 0;
  }

  static async start(options: UpstreamServerOptions = {}): Promise<UpstreamServer> {
    const server = new UpstreamServer(options);
    await server.listen();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** On the port that it had before. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    // A server that listens on a port has an address of this form.
    const { port } = this.#server.address() as AddressInfo;
    this.#port = port;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Breaks off what it has kept silent about, as a server does that comes to its senses by being restarted. */
  endSilence(): void {
    for (const response of this.#silent) response.destroy();
    this.#silent.clear();
  }

  #probe({ url }: IncomingMessage, response: ServerResponse): void {
    if (!this.isProbed) return;
    if (this.probeStatus !== null) {
      response.writeHead(this.probeStatus, { 'content-type': 'application/json' }).end('{"error":{}}');
      return;
    }
    const send = (body: object): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (url === '/v1/models') send({ object: 'list', data: this.#models.map((id) => ({ id, object: 'model' })) });
    else if (url === '/props' && this.#slots !== null) send({ total_slots: this.#slots });
    else if (url === '/v1/queue' && this.#placesByModel !== null) send(queueOf(this.#placesByModel));
    else if (url === '/health') send({ status: 'ok' });
    else response.writeHead(404).end();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const usual = this.manner;
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.on('close', () => {
      this.inFlight -= 1;
    });
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.requests.push({ path: request.url ?? '', body, headers: request.headers });
    const parsed: unknown = JSON.parse(body);
    const prompt = nonEmpty(member(parsed, 'user')) ?? 'word';
    const manner = this.manners.get(nonEmpty(member(parsed, 'model')) ?? '') ?? usual;
    switch (manner.type) {
      case 'silence':
        this.#silent.add(response);
        return;
      case 'status':
        response.writeHead(manner.status, { 'content-type': 'application/json', ...manner.headers });
        response.end(
          JSON.stringify({ error: { message: manner.message ?? 'as told', code: manner.code ?? manner.status } }),
        );
        return;
      case 'nonsense':
        response.writeHead(200, { 'content-type': manner.contentType }).end('<html>Welcome!</html>');
        return;
      case 'break':
        await stream(response, prompt, manner.afterTokens, 0);
        if (manner.manner === 'reset') {
          // What was written arrives before the connection breaks.
          response.write(': last words\n\n', () => response.destroy());
        } else response.end(manner.manner === 'error' ? 'data: {"error":{"message":"no memory"}}\n\n' : '');
        return;
      case 'report':
        await stream(response, prompt, manner.afterTokens, 0);
        response.end(`data: ${JSON.stringify(manner.event)}\n\ndata: [DONE]\n\n`);
        return;
      case 'answer':
        if (member(parsed, 'stream') !== true) {
          const choices = [{ message: { role: 'assistant', content: answerTo(prompt, manner.tokens) } }];
          const usage = { prompt_tokens: 3, completion_tokens: manner.tokens };
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices, usage }));
          return;
        }
        await stream(response, prompt, manner.tokens, manner.tokenMs);
        response.end('data: [DONE]\n\n');
    }
  }
}

function queueOf(placesByModel: Readonly<Record<string, number>>): object {
  const models = Object.entries(placesByModel).map(([name, places]) => ({
    ...{ name, state: 'loaded', max_concurrency: places },
  }));
  return { max_concurrency: Math.max(...Object.values(placesByModel)), totals: {}, models };
}

function refuseWhileLoading(response: ServerResponse): void {
  const error = { code: 503, message: 'Loading model', type: 'unavailable_error' };
  response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}

async function stream(response: ServerResponse, prompt: string, tokens: number, tokenMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  write(response, { role: 'assistant', content: '' });
  for (let token = 0; token < tokens && !response.destroyed; token += 1) {
    if (tokenMs > 0) await delay(tokenMs);
    write(response, { content: `${prompt}-${token}ü ` });
  }
}

function write(response: ServerResponse, delta: object): void {
  response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`);
}
