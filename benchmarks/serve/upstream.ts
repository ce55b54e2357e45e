import { fileURLToPath } from 'node:url';
import { comparePaths, pathColumns, type Target, warmUp } from '../support/closed-loops.js';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream, startScript } from '../support/processes.js';
import { median, ratios, spread } from '../support/statistics.js';
import { decodeTokensPerSecond, streamOnce } from '../support/stream-client.js';

/**
 * What it costs to stand in front of another server: the time to the first token and the speed of 64 streams of the mock
 * engine, with and without `serve --upstream` in between; in closed loops, and when all of them come in the same moment. In closed
 * loops, a pipe from undici to `node:http` shows what any process of Node.js in between costs.
 */
const repeats = Number(process.argv[2] ?? 5);

const path = '/v1/chat/completions';
const tokens = 64;
const tokenMs = 10;
const warmUpRequests = 3000;
const asked = { messages: [{ role: 'user', content: 'Count, please.' }], stream: true };

interface Sample {
  readonly ttftMs: number;
  readonly tokensPerSecond: number;
}

async function streamsOf(server: ServerProcess, streams: number, tokens: number): Promise<Sample> {
  const body = { ...asked, max_tokens: tokens };
  const samples = await Promise.all(
    Array.from({ length: streams }, async () => {
      const startMs = performance.now();
      const sample = await streamOnce(server.url + path, body);
      return { ...sample, ttftMs: sample.firstMs - startMs };
    }),
  );
  return { ttftMs: median(samples.map(({ ttftMs }) => ttftMs)), tokensPerSecond: decodeTokensPerSecond(samples) };
}

async function latency(): Promise<void> {
  const streams = 64;
  const size = ['--max-concurrency', String(streams), '--mock-token', `${tokenMs}ms`, '--mock-prefill', '5ms'];
  const direct = await startChatstream(['--engine', 'mock', '--mock-reply', 'long', ...size]);
  const relay = await startChatstream(['--upstream', direct.url]);
  const pipe = await startScript(fileURLToPath(new URL('bare-pipe.js', import.meta.url)), [direct.url]);
  try {
    const between = (server: ServerProcess): Target => ({
      url: server.url,
      pids: () => [...server.pids(), ...direct.pids()],
    });
    const paths = { 'through --upstream': between(relay), 'through a pipe': between(pipe) };
    await warmUp([direct, ...Object.values(paths)], warmUpRequests, { ...asked, max_tokens: 2 });
    for (const [name, target] of Object.entries(paths)) {
      const rows: (readonly string[])[] = [];
      for (const clients of [1, 8, streams]) {
        const loops = { clients, durationMs: 3000, answerMs: tokens * tokenMs, body: { ...asked, max_tokens: tokens } };
        rows.push(await comparePaths(direct, target, loops, repeats));
      }
      console.log(`${markdownTable(pathColumns('directly', name), rows)}\n`);
    }
    const ours: Sample[] = [];
    const theirs: Sample[] = [];
    for (let repeat = 0; repeat <= repeats * 4; repeat += 1) {
      const their = await streamsOf(direct, streams, 100);
      const our = await streamsOf(relay, streams, 100);
      if (repeat === 0) continue; // the first one pays for compiling
      ours.push(our);
      theirs.push(their);
    }
    const added = ours.map(({ ttftMs }, index) => ttftMs - (theirs[index]?.ttftMs ?? 0));
    const speed = (samples: readonly Sample[]): number[] => samples.map(({ tokensPerSecond }) => tokensPerSecond);
    console.log(
      markdownTable(
        ['64 streams of the mock at once', 'TTFT p50, ms', 'added, ms', 'tokens/s', 'ratio'],
        [
          ['directly', spread(theirs.map(({ ttftMs }) => ttftMs)), '', spread(speed(theirs), 0), '1'],
          [
            'through --upstream',
            spread(ours.map(({ ttftMs }) => ttftMs)),
            spread(added),
            spread(speed(ours), 0),
            spread(ratios(speed(ours), speed(theirs)), 3),
          ],
        ],
      ),
    );
    const one: number[] = [];
    for (let repeat = 0; repeat < repeats * 20; repeat += 1) {
      const their = await streamsOf(direct, 1, 2);
      const our = await streamsOf(relay, 1, 2);
      one.push(our.ttftMs - their.ttftMs);
    }
    console.log(`\nOne stream at a time: ${spread(one)} ms more to the first token.\n`);
  } finally {
    await Promise.all([relay.stop(), pipe.stop()]);
    await direct.stop();
  }
}

await latency();
