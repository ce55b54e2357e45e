import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { microsNow } from '../../src/core/base/micros.js';
import { seededRandom } from '../../src/core/base/random.js';

/**
 * A streaming server that answers after random times and records when it wrote what, on the clock that the client reads
 * too. GET /log returns what it has recorded since the last call, by the `user` of each request.
 */
const prefill = { medianMs: 50, sigma: 0.5 };
const token = { medianMs: 20, sigma: 0.3 };

const random = seededRandom(1);
const log = new Map<string, { readonly receivedUs: number; readonly sentUs: number[] }>();

const head = 'data: {"id":"chatcmpl-00000000","object":"chat.completion.chunk","created":1700000000,"model":"timed"';
const chunk = `${head},"choices":[{"index":0,"delta":{"content":"100 "},"logprobs":null,"finish_reason":null}]}\n\n`;
const end = `${head},"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

/** Log-normal, by the transform of Box and Muller. */
function randomMs({ medianMs, sigma }: typeof prefill): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * Math.exp(sigma * normal);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const piece of request) body += String(piece);
  const receivedUs = microsNow();
  const { user, max_tokens: tokens } = JSON.parse(body) as { user: string; max_tokens: number };
  const sentUs: number[] = [];
  log.set(user, { receivedUs, sentUs });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const next = (): void => {
    sentUs.push(microsNow());
    response.write(chunk);
    if (sentUs.length < tokens) setTimeout(next, randomMs(token));
    else response.end(end);
  };
  setTimeout(next, randomMs(prefill));
}

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    void answer(request, response);
    return;
  }
  response.end(JSON.stringify(Object.fromEntries(log)));
  log.clear();
});

server.listen(0, '127.0.0.1', 2048, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
