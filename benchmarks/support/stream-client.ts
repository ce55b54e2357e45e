import { Agent, request } from 'node:http';

/** What one streamed answer looked like from outside. Times from this process's monotonic clock, in milliseconds. */
export interface StreamSample {
  readonly tokens: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A connection for each request: a server that closes an idle one while we reuse it would spoil the measurement. */
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

/** Sends one streaming request and counts the chunks with text in them. Rejects unless the stream ends with its mark. */
export function streamOnce(url: string, body: object): Promise<StreamSample> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json' } });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let rest = '';
      let tokens = 0;
      let firstMs = 0;
      let lastMs = 0;
      let done = false;
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (chunk: string) => {
        const now = performance.now();
        const events = (rest + chunk).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) {
          if (event === 'data: [DONE]') done = true;
          if (!hasText(event)) continue;
          if (tokens === 0) firstMs = now;
          tokens += 1;
          lastMs = now;
        }
      });
      response.on('end', () => {
        if (response.statusCode === 200 && done) resolve({ tokens, firstMs, lastMs });
        else reject(new Error(`status ${response.statusCode ?? 0}, ended ${done ? 'well' : 'early'}: ${rest}`));
      });
    });
    outgoing.end(JSON.stringify(body));
  });
}

/** All servers here write compact JSON, so that a search is enough and costs the same for each. */
function hasText(event: string): boolean {
  return /"(?:content|text)":"[^"]/.test(event);
}

/** Decode speed of streams that ran side by side: each one's tokens after its first, over the time they took. */
export function decodeTokensPerSecond(samples: readonly StreamSample[]): number {
  return samples.reduce((sum, { tokens, firstMs, lastMs }) => sum + ((tokens - 1) / (lastMs - firstMs)) * 1000, 0);
}
