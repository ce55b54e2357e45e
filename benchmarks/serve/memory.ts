import { markdownTable } from '../support/markdown.js';
import { residentBytes, type ServerProcess, startChatstream } from '../support/processes.js';
import { streamOnce } from '../support/stream-client.js';

/**
 * Whether requests leak memory: resident memory of the main process after 10,000 requests, compared with after 1,000.
 */
const clients = 50;

async function requests(server: ServerProcess, count: number): Promise<void> {
  const body = { messages: [{ role: 'user', content: 'Count, please.' }], stream: true, max_tokens: 4 };
  let left = count;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await streamOnce(`${server.url}/v1/chat/completions`, body);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** The lowest of several readings while nothing happens: memory that is used and returned is not a leak. */
async function restingBytes(server: ServerProcess): Promise<number> {
  const [pid = 0] = server.pids();
  const readings: number[] = [];
  for (let reading = 0; reading < 20; reading += 1) {
    readings.push(residentBytes(pid));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return Math.min(...readings);
}

const args = ['--engine', 'mock', '--mock-prefill', '0', '--mock-token', '1ms', '-n', '16', '--max-queue', '1000'];
const server = await startChatstream(args);
try {
  await requests(server, 1000);
  const after1000 = await restingBytes(server);
  await requests(server, 9000);
  const after10000 = await restingBytes(server);
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    markdownTable(
      ['after 1,000 requests', 'after 10,000', 'ratio', 'aim'],
      [[mebibytes(after1000), mebibytes(after10000), (after10000 / after1000).toFixed(3), 'at most 1.1']],
    ),
  );
} finally {
  await server.stop();
}
