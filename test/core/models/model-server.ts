import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What became of one request. */
export interface Seen {
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

export interface ServedFile {
  readonly bytes: Buffer;
  readonly etag?: string;
  /** Whether parts of it can be had; true by default. */
  readonly ranges?: boolean;
  /** Only with this token. */
  readonly token?: string;
  /** Cuts the connection of so many downloads after so many bytes. */
  cuts?: { count: number; readonly afterBytes: number };
  /** Sends so much and then neither more nor an end. */
  readonly stallsAfterBytes?: number;
  /** Claims another length than it has, once the beginning was asked for. */
  readonly claims?: number;
  readonly type?: string;
  /** Another address to send everyone to. */
  readonly movedTo?: string;
}

/** A host of models on the loopback address. */
export class ModelServer {
  readonly files = new Map<string, ServedFile>();
  readonly seen: Seen[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    // Or it would close a connection just when it is used again, after a moment in which this process stood still.
    this.#server.keepAliveTimeout = 0;
  }

  static async start(): Promise<ModelServer> {
    const server = new ModelServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Without a slash at the end. */
  get url(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Requests for files that asked for more than their beginning. */
  get downloads(): readonly Seen[] {
    return this.seen.filter(({ range }) => range !== null && range !== 'bytes=0-3');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    const range = request.headers.range ?? null;
    const authorization = request.headers.authorization ?? null;
    this.seen.push({ path, range, authorization });
    const file = this.files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
    } else if (file.movedTo !== undefined) {
      response.writeHead(302, { location: file.movedTo }).end();
    } else if (file.token !== undefined && authorization !== `Bearer ${file.token}`) {
      response.writeHead(401).end();
    } else {
      send(file, range, response);
    }
  }
}

function send(file: ServedFile, range: string | null, response: ServerResponse): void {
  const { bytes, etag = '"1"', ranges = true, type = 'application/octet-stream', claims } = file;
  const [, first, last] = (ranges ? /^bytes=(\d+)-(\d+)$/.exec(range ?? '') : null) ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(Number(last ?? bytes.length - 1), bytes.length - 1);
  const headers = { etag, 'content-type': type, ...(ranges && { 'accept-ranges': 'bytes' }) };
  const body = bytes.subarray(start, end + 1);
  const total = claims ?? bytes.length;
  if (first === undefined) response.writeHead(200, { ...headers, 'content-length': claims ?? body.length });
  else {
    const contentRange = `bytes ${start}-${end}/${total}`;
    response.writeHead(206, { ...headers, 'content-length': body.length, 'content-range': contentRange });
  }
  const isProbe = range === 'bytes=0-3';
  const { cuts, stallsAfterBytes } = file;
  if (!isProbe && stallsAfterBytes !== undefined && body.length > stallsAfterBytes) {
    response.write(body.subarray(0, stallsAfterBytes));
    return;
  }
  if (!isProbe && cuts !== undefined && cuts.count > 0 && body.length > cuts.afterBytes) {
    cuts.count--;
    // The socket takes it all before it is cut.
    response.write(body.subarray(0, cuts.afterBytes), () => setTimeout(() => response.destroy(), 20));
    return;
  }
  response.end(body);
}
