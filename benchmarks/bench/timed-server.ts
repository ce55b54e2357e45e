import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { microsNow } from '../../src/core/base/micros.js';
import { seededRandom } from '../../src/core/base/random.js';

/**
 * A streaming server that answers after random times and records when it wrote what, on the clock that the client reads
 * too. GET /log returns what it has recorded since the last call, by the `user` of each request, or by its number.
 */
const prefill = { medianMs: 50, sigma: 0.5 };
const token = { medianMs: 20, sigma: 0.3 };

const random = seededRandom(1);
const log = new Map<string, { readonly receivedUs: number; readonly sentUs: number[] }>();

const head = 'data: {"id":"chatcmpl-00000000","object":"chat.completion.chunk","created":1700000000,"model":"timed"';
const chunk = `${head},"choices":[{"index":0,"delta":{"content":"100 "},"logprobs":null,"finish_reason":null}]}\n\n`;
const end = `${head},"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\n`;
const done = 'data: [DONE]\n\n';
const models = JSON.stringify({ object: 'list', data: [{ id: 'timed', object: 'model', owned_by: 'benchmark' }] });

interface Body {
  readonly user?: string;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly stream_options?: { readonly include_usage?: boolean };
}

function usageOf(tokens: number): string {
  return `${head},"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":${tokens},"total_tokens":${8 + tokens}}}\n\n`;
}

/** Log-normal, by the transform of Box and Muller. */
function randomMs({ medianMs, sigma }: typeof prefill): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(sigma * normal);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const piece of request) body += String(piece);
  const receivedUs = microsNow();
  const {
    user,
    max_tokens: limit,
    max_completion_tokens: newerLimit,
    stream_options: options,
  } = JSON.parse(body) as Body;
  const tokens = limit ?? newerLimit ?? 1;
  const sentUs: number[] = [];
  log.set(user ?? `request ${log.size}`, { receivedUs, sentUs });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const next = (): void => {
    sentUs.push(microsNow());
    response.write(chunk);
    if (sentUs.length < tokens) setTimeout(next, randomMs(token));
    else response.end(end + (options?.include_usage === true ? usageOf(tokens) : '') + done);
  };
  setTimeout(next, randomMs(prefill));
}

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    void answer(request, response);
    return;
  }
  if (request.url === '/log') {
    response.end(JSON.stringify(Object.fromEntries(log)));
    log.clear();
    return;
  }
  const isKnown = request.url === '/v1/models' || request.url === '/health';
  response.writeHead(isKnown ? 200 : 404, { 'content-type': 'application/json' });
  response.end(isKnown ? models : '{}');
});

server.listen(0, '127.0.0.1', 2048, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
