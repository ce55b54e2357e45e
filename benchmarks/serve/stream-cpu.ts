import { fileURLToPath } from 'node:url';
import { markdownTable } from '../support/markdown.js';
import { cpuMs, type ServerProcess, startChatstream, startScript } from '../support/processes.js';
import { ratios, spread } from '../support/statistics.js';
import { streamOnce } from '../support/stream-client.js';

/**
 * The cost of the path from the engine to the sockets: CPU time per token event of `serve --engine mock`, both of its
 * processes, against a bare `node:http` server that writes the same bytes at the same pace.
 */
const streams = 500;
const roundMs = 20;
const tokens = 250;
const repeats = 5;

async function microsecondsPerEvent(server: ServerProcess): Promise<{ all: number; main: number }> {
  const body = { messages: [{ role: 'user', content: 'Count, please.' }], stream: true, max_tokens: tokens };
  const pids = server.pids();
  const before = pids.map((pid) => cpuMs([pid]));
  await Promise.all(Array.from({ length: streams }, () => streamOnce(`${server.url}/v1/chat/completions`, body)));
  const used = pids.map((pid, index) => cpuMs([pid]) - (before[index] ?? 0));
  const perEvent = (ms: number): number => (ms * 1000) / (streams * tokens);
  return { all: perEvent(used.reduce((sum, ms) => sum + ms, 0)), main: perEvent(used[0] ?? 0) };
}

const chatstream = await startChatstream([
  ...['--engine', 'mock', '--mock-reply', 'long', '--mock-token', `${roundMs}ms`],
  ...['--max-concurrency', String(streams), '--max-queue', String(streams)],
]);
const bareScript = fileURLToPath(new URL('bare-http-server.js', import.meta.url));
const bare = await startScript(bareScript, [String(roundMs), String(tokens)]);
try {
  const ours: number[] = [];
  const oursMain: number[] = [];
  const theirs: number[] = [];
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    const our = await microsecondsPerEvent(chatstream);
    const their = await microsecondsPerEvent(bare);
    if (repeat === 0) continue; // the first one pays for compiling and connecting
    ours.push(our.all);
    oursMain.push(our.main);
    theirs.push(their.all);
  }
  console.log(
    markdownTable(
      ['server', `CPU µs per token event, ${streams} streams, ${roundMs} ms rounds`, 'ratio to bare', 'aim'],
      [
        ['bare node:http', spread(theirs), '1', ''],
        ['chatstream, main process', spread(oursMain), spread(ratios(oursMain, theirs)), ''],
        ['chatstream, both processes', spread(ours), spread(ratios(ours, theirs)), 'at most 1.5'],
      ],
    ),
  );
} finally {
  await Promise.all([chatstream.stop(), bare.stop()]);
}
