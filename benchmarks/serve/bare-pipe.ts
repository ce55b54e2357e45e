import { createServer } from 'node:http';
import { Pool } from 'undici';

/** The minimum that a proxy can do: it passes each request on with undici and pipes the answer into that of `node:http`. */
const pool = new Pool(process.argv[2] ?? '', { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });

const server = createServer((incoming, response) => {
  let body = '';
  incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
  incoming.on('end', () => {
    const headers = { 'content-type': 'application/json' };
    pool
      .stream({ method: 'POST', path: incoming.url ?? '/', headers, body }, ({ statusCode, headers: answered }) => {
        response.writeHead(statusCode, { 'content-type': String(answered['content-type']) });
        return response;
      })
      .catch(() => response.destroy());
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(`http://127.0.0.1:${address.port}`);
});
process.on('SIGTERM', () => process.exit(0));
