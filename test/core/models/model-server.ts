import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** One request as the server saw it. */
export interface Seen {
  /** With the query. */
  readonly path: string;
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly authorization: string | null;
}

export interface ServedFile {
  readonly bytes: Buffer;
  readonly etag?: string;
  /** Whether the server sends parts of it; true by default. */
  readonly ranges?: boolean;
  /** Needed as the value of the header `authorization`. */
  readonly authorization?: string;
  /** Cuts the connections of this many downloads after this many bytes. */
  cuts?: { count: number; readonly afterBytes: number };
  /** Answers this many downloads with an error. */
  errors?: { count: number; readonly status: number };
  /** Sends this many bytes and then neither more nor an end. */
  readonly stallsAfterBytes?: number;
  /** Claims this length instead of its own. */
  readonly claims?: number;
  /** Whether the answers with a part say how long the whole is; true by default. */
  readonly lengthKnown?: boolean;
  readonly type?: string;
  /** Another address to redirect to. */
  readonly movedTo?: string;
  /** What a redirect says about the file that it leads to, as with Hugging Face. */
  readonly linked?: { readonly sha256: string; readonly bytes: number };
}

const probeRange = 'bytes=0-3';

/** A host of models on the loopback address. */
export class ModelServer {
  readonly files = new Map<string, ServedFile>();
  readonly seen: Seen[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    // Otherwise it could close a connection just when it is used again, after this process has stalled for a moment.
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
    return this.seen.filter(({ range }) => range !== null && range !== probeRange);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    const range = request.headers.range ?? null;
    const authorization = request.headers.authorization ?? null;
    const ifRange = request.headers['if-range'];
    this.seen.push({ path, range, authorization, ifRange: typeof ifRange === 'string' ? ifRange : null });
    const file = this.files.get(path) ?? this.files.get(path.replace(/\?.*$/, ''));
    if (file === undefined) {
      response.writeHead(404).end();
    } else if (file.authorization !== undefined && authorization !== file.authorization) {
      response.writeHead(401).end();
    } else if (file.movedTo !== undefined) {
      const { linked } = file;
      const headers =
        linked === undefined
          ? {}
          : { etag: '"hub"', 'x-linked-etag': `"${linked.sha256}"`, 'x-linked-size': String(linked.bytes) };
      response.writeHead(302, { location: file.movedTo, ...headers }).end();
    } else if (file.errors !== undefined && file.errors.count > 0 && range !== probeRange) {
      file.errors.count--;
      response.writeHead(file.errors.status).end();
    } else {
      const { etag = '"1"' } = file;
      send(file, ifRange === undefined || ifRange === etag ? range : null, response);
    }
  }
}

function send(file: ServedFile, range: string | null, response: ServerResponse): void {
  const { bytes, etag = '"1"', ranges = true, type = 'application/octet-stream', claims, lengthKnown = true } = file;
  const [, first, last] = (ranges ? /^bytes=(\d+)-(\d*)$/.exec(range ?? '') : null) ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(Number(last === undefined || last === '' ? Infinity : last), bytes.length - 1);
  if (start >= bytes.length) {
    response.writeHead(416).end();
    return;
  }
  const headers = { etag, 'content-type': type, ...(ranges && { 'accept-ranges': 'bytes' }) };
  const body = bytes.subarray(start, end + 1);
  const total = claims ?? bytes.length;
  if (first === undefined) response.writeHead(200, { ...headers, 'content-length': claims ?? body.length });
  else {
    const contentRange = `bytes ${start}-${end}/${lengthKnown ? total : '*'}`;
    response.writeHead(206, { ...headers, 'content-length': body.length, 'content-range': contentRange });
  }
  const isProbe = range === probeRange;
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
