import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where the next streams are cut, in bytes of their bodies; shared by all proxies of a test. */
export interface CutPlan {
  readonly next: number[];
}

/** Stands before a server, and breaks connections in the middle of streams as a plan says. */
export class CuttingProxy {
  readonly #server: Server;

  private constructor(target: string, plan: CutPlan) {
    this.#server = createServer((incoming, response) => {
      const { method = 'GET', url = '/', headers } = incoming;
      const outgoing = send(new URL(url, target), { method, headers }, (answer) => {
        const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
        const cutAfter = isStream ? plan.next.shift() : undefined;
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        if (cutAfter === undefined) answer.pipe(response);
        else cut(answer, response, cutAfter);
      });
      outgoing.on('error', () => response.destroy());
      response.on('close', () => outgoing.destroy());
      incoming.pipe(outgoing);
    });
  }

  static async before(target: string, plan: CutPlan): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target, plan);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    // A server that listens on a port has an address of this form.
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Passes so many bytes on, or all if there are fewer, and breaks the connection instead of ending the answer. */
function cut(answer: IncomingMessage, response: ServerResponse, bytes: number): void {
  const passed: Buffer[] = [];
  let left = bytes;
  answer.on('data', (chunk: Buffer) => {
    passed.push(chunk.subarray(0, left));
    left = Math.max(0, left - chunk.length);
  });
  // All at once, so that what arrives does not depend on time.
  answer.on('end', () => {
    response.write(Buffer.concat(passed), () => response.destroy());
  });
}
