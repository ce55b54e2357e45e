import { createServer, type ServerResponse } from 'node:http';

/**
 * The minimum that a streaming server can do: `node:http`, one timer, and the same bytes for everyone. It writes chunks
 * as chatstream does, but knows nothing of queues, engines or clients.
 */
const roundMs = Number(process.argv[2]);
const tokens = Number(process.argv[3]);
const streams = new Map<ServerResponse, number>();

const head =
  '{"id":"chatcmpl-00000000-0000-0000-0000-000000000000","object":"chat.completion.chunk","created":1700000000,"model":"mock"';
const chunk = `data: ${head},"choices":[{"index":0,"delta":{"content":"100 "},"logprobs":null,"finish_reason":null}]}\n\n`;

const server = createServer((incoming, response) => {
  // A server in front of this one asks what it is.
  if (incoming.method === 'GET') {
    response.writeHead(404).end();
    return;
  }
  incoming.resume();
  incoming.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    streams.set(response, 0);
  });
});

setInterval(() => {
  for (const [response, sent] of streams) {
    if (sent < tokens) {
      response.write(chunk);
      streams.set(response, sent + 1);
    } else {
      response.end('data: [DONE]\n\n');
      streams.delete(response);
    }
  }
}, roundMs);

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
