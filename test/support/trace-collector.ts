import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';

interface Sent {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Readonly<Record<string, unknown>>[] }[];
  }[];
}

export interface TraceCollector {
  readonly url: string;
  /** The messages that have come. */
  readonly sent: Sent[];
  /** How it answers. */
  status: number;
  /** When it answers. */
  ready: Promise<void>;
}

/** An OpenTelemetry collector that keeps what it gets, until the end of the test. */
export async function traceCollector(): Promise<TraceCollector> {
  const kept = { url: '', sent: [] as Sent[], status: 200, ready: Promise.resolve() };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (text: Buffer) => (body += text.toString()));
    request.on('end', () => {
      kept.sent.push(JSON.parse(body) as Sent);
      void kept.ready.then(() => response.writeHead(kept.status).end('{}'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  kept.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/v1/traces`;
  return kept;
}

/** The spans of all messages. */
export function spansIn(sent: readonly Sent[]): readonly Readonly<Record<string, unknown>>[] {
  return sent.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}
