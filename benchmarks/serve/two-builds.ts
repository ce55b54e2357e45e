import { markdownTable } from '../support/markdown.js';
import { cpuMs, type ServerProcess, startChatstream } from '../support/processes.js';
import { median, ratios, spread } from '../support/statistics.js';
import { streamOnce } from '../support/stream-client.js';

/**
 * Two builds of chatstream against each other, in turns: CPU time per token event with 500 streams, and the time to the
 * first token of one stream. Run as `two-builds FOLDER [REPEATS] [PATH]`, where FOLDER has the build to compare with.
 */
const [folder, repeatsText = '7', path = '/v1/chat/completions'] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder of the other build.');
const repeats = Number(repeatsText);
const streams = 500;
const tokens = 250;
const single = 100;

const args = [
  ...['--engine', 'mock', '--mock-reply', 'long', '--mock-token', '20ms', '--mock-prefill', '1ms'],
  ...['--max-concurrency', String(streams), '--max-queue', String(streams)],
];

/** A request for either of the two completion APIs. */
function bodyOf(maxTokens: number): object {
  const text = 'Count, please.';
  const input = path.endsWith('/chat/completions') ? { messages: [{ role: 'user', content: text }] } : { prompt: text };
  return { ...input, stream: true, max_tokens: maxTokens };
}

async function microsecondsPerEvent(server: ServerProcess): Promise<number> {
  const pids = server.pids();
  const before = cpuMs(pids);
  await Promise.all(Array.from({ length: streams }, () => streamOnce(`${server.url}${path}`, bodyOf(tokens))));
  return ((cpuMs(pids) - before) * 1000) / (streams * tokens);
}

async function firstTokenMs(server: ServerProcess): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < single; index += 1) {
    const sentMs = performance.now();
    const { firstMs } = await streamOnce(`${server.url}${path}`, bodyOf(1));
    times.push(firstMs - sentMs);
  }
  return median(times);
}

interface Build {
  readonly name: string;
  readonly server: ServerProcess;
  readonly events: number[];
  readonly firsts: number[];
}

async function build(name: string, server: Promise<ServerProcess>): Promise<Build> {
  return { name, server: await server, events: [], firsts: [] };
}

const before = await build('the other build', startChatstream(args, folder));
const after = await build('this build', startChatstream(args));
try {
  for (let repeat = 0; repeat <= repeats; repeat += 1) {
    for (const { server, events, firsts } of repeat % 2 === 0 ? [before, after] : [after, before]) {
      const event = await microsecondsPerEvent(server);
      const first = await firstTokenMs(server);
      if (repeat === 0) continue; // the first one pays for compiling and connecting
      events.push(event);
      firsts.push(first);
    }
  }
  const rows = [before, after].map(({ name, events, firsts }) => [
    ...[name, spread(events), spread(ratios(events, before.events))],
    ...[spread(firsts), spread(ratios(firsts, before.firsts))],
  ]);
  console.log(
    markdownTable(
      ['server', `CPU µs per token event, ${streams} streams`, 'ratio', 'TTFT of one stream, ms', 'ratio'],
      rows,
    ),
  );
} finally {
  await Promise.all([before.server.stop(), after.server.stop()]);
}
