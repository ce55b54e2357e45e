import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How one request is answered, in milliseconds from its arrival. */
export interface StreamPlan {
  readonly prefillMs: number;
  readonly tokenMs: number;
  readonly tokens: number;
}

/** A server in this process that streams tokens as a test says. */
export class TokenServer {
  readonly #server: Server;
  /** The bodies of all requests, in the order of their arrival. */
  readonly bodies: string[] = [];
  inFlight = 0;
  mostInFlight = 0;

  private constructor(plan: (request: number) => StreamPlan) {
    this.#server = createServer((request, response) => {
      void this.#answer(plan(this.bodies.length), request, response);
    });
    // Otherwise it could close a connection just when it is used again, after this process has stalled for a moment.
    this.#server.keepAliveTimeout = 0;
  }

  static async start(plan: (request: number) => StreamPlan): Promise<TokenServer> {
    const server = new TokenServer(plan);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/chat/completions`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(plan: StreamPlan, request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const index = this.bodies.push('') - 1;
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.bodies[index] = body;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await delay(plan.prefillMs);
    for (let token = 0; token < plan.tokens && !response.destroyed; token += 1) {
      if (token > 0) await delay(plan.tokenMs);
      response.write(`data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n`);
    }
    response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n');
    this.inFlight -= 1;
  }
}
