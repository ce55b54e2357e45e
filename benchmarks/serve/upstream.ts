import { fileURLToPath } from 'node:url';
import { markdownTable } from '../support/markdown.js';
import { cpuMs, type ServerProcess, startChatstream, startScript } from '../support/processes.js';
import { median, ratios, spread } from '../support/statistics.js';
import { decodeTokensPerSecond, streamOnce } from '../support/stream-client.js';

/**
 * What it costs to stand in front of another server: the time to the first token and the speed of 64 streams of the mock
 * engine, with and without `serve --upstream` in between; and the CPU time for each chunk that is passed on, with 500
 * streams, against a pipe from undici to `node:http`.
 */
const repeats = Number(process.argv[2] ?? 5);

const path = '/v1/chat/completions';
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
  const size = ['--max-concurrency', String(streams)];
  const direct = await startChatstream(['--engine', 'mock', '--mock-reply', 'long', ...size]);
  const relay = await startChatstream(['--upstream', direct.url]);
  try {
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
    await relay.stop();
    await direct.stop();
  }
}

async function cpuPerChunk(): Promise<void> {
  const streams = 500;
  const tokens = 200;
  const roundMs = 30;
  const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const source = await startScript(script('bare-http-server.js'), [String(roundMs), String(tokens)]);
  const pipe = await startScript(script('bare-pipe.js'), [source.url]);
  const relay = await startChatstream(['--upstream', `${source.url},slots=${streams}`]);
  const measure = async (server: ServerProcess): Promise<number> => {
    const before = cpuMs(server.pids());
    await streamsOf(server, streams, tokens);
    return ((cpuMs(server.pids()) - before) * 1000) / (streams * tokens);
  };
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let repeat = 0; repeat <= repeats; repeat += 1) {
      const their = await measure(pipe);
      const our = await measure(relay);
      if (repeat === 0) continue;
      ours.push(our);
      theirs.push(their);
    }
    console.log(
      markdownTable(
        [`CPU µs per chunk, ${streams} streams, ${roundMs} ms between chunks`, 'µs', 'ratio', 'aim'],
        [
          ['undici piped into node:http', spread(theirs), '1', ''],
          ['chatstream serve --upstream', spread(ours), spread(ratios(ours, theirs)), 'at most 1.3'],
        ],
      ),
    );
  } finally {
    await Promise.all([relay.stop(), pipe.stop()]);
    await source.stop();
  }
}

await latency();
await cpuPerChunk();
