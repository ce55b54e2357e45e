import { createServer } from 'node:http';

/** Answers at once with four tokens, each in a write of its own: as many requests as possible, of the kind that clients see. */
const head = 'data: {"id":"chatcmpl-00000000","object":"chat.completion.chunk","created":1700000000,"model":"instant"';
const chunk = `${head},"choices":[{"index":0,"delta":{"content":"100 "},"logprobs":null,"finish_reason":null}]}\n\n`;
const end = `${head},"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (let token = 0; token < 4; token += 1) response.write(chunk);
    response.end(end);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
