import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineEnvironment } from '../../src/core/engine/process/engine-process.js';
import { writeSyntheticModel } from '../../test/support/gguf/index.js';
import { markdownTable } from '../support/markdown.js';
import { freePort, type ServerProcess, startChatstream, startForeign } from '../support/processes.js';
import { ratios, spread } from '../support/statistics.js';
import { decodeTokensPerSecond, streamOnce } from '../support/stream-client.js';

/**
 * What is left of the engine's speed behind HTTP, the queue and a second process: decoded tokens per second of 1, 4 and
 * 8 streams, against a bare lockstep loop over node-llama-cpp. If the environment variable LLAMA_SERVER names a
 * llama-server, it is measured as well, with the same client, model, threads and slots.
 *
 *     npm run benchmark serve/decode-throughput [threads] [tokens] [repeats]
 *
 * By default, threads are all cores but one: compute threads on every core would wait for HTTP and the client at every layer.
 */
const [threads = String(Math.max(1, availableParallelism() - 1)), tokens = '64', repeats = '5'] = process.argv.slice(2);
const slots = 8;
const contextPerSlot = 512;
const promptTokens = 32;

type Measure = (streams: number) => Promise<number>;

interface Contender {
  readonly name: string;
  readonly measure: Measure;
  readonly stop: () => Promise<void>;
}

async function bareLockstep(model: string): Promise<Contender> {
  const script = fileURLToPath(new URL('bare-lockstep.js', import.meta.url));
  const args = [model, String(slots), threads, String(contextPerSlot), String(promptTokens)];
  const child = fork(script, args, { env: engineEnvironment(process.env) });
  await rateFrom(child);
  return {
    name: 'bare lockstep loop',
    measure: (streams) => {
      child.send({ sequences: streams, tokens: Number(tokens) });
      return rateFrom(child);
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function rateFrom(child: ChildProcess): Promise<number> {
  const message = await new Promise<unknown>((resolve) => child.once('message', resolve));
  if (typeof message === 'object' && message !== null && 'rate' in message) return Number(message.rate);
  throw new Error(`unexpected message: ${JSON.stringify(message)}`);
}

async function chatstream(model: string): Promise<Contender> {
  const size = ['-n', String(slots), '--context', String(contextPerSlot), '--threads', threads];
  const server = await startChatstream(['-m', model, '--gpu', 'off', ...size]);
  return overHttp('chatstream serve', server);
}

async function llamaServer(binary: string, model: string): Promise<Contender> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const size = ['-np', String(slots), '-c', String(slots * contextPerSlot), '-t', threads, '-tb', threads];
  const args = ['-m', model, '--host', '127.0.0.1', '--port', String(port), '-ngl', '0', ...size];
  return overHttp('llama-server', await startForeign(binary, args, url, `${url}/health`));
}

function overHttp(name: string, server: ServerProcess): Contender {
  const one = (index: number): ReturnType<typeof streamOnce> =>
    streamOnce(`${server.url}/v1/completions`, {
      // A prompt of its own for each, so that no server can answer from its cache.
      prompt: `${index} `.repeat(promptTokens / 2),
      stream: true,
      max_tokens: Number(tokens),
      ignore_eos: true,
      seed: index,
      temperature: 0.8,
      top_k: 40,
      top_p: 0.95,
      min_p: 0.05,
    });
  return {
    name,
    measure: async (streams) =>
      decodeTokensPerSecond(await Promise.all(Array.from({ length: streams }, (_, i) => one(i)))),
    stop: server.stop,
  };
}

const model = join(tmpdir(), `chatstream-benchmark-${process.pid}.gguf`);
const shape = { dim: 896, layers: 24, heads: 14, kvHeads: 2, ffn: 4864, vocabulary: 32_000, type: 'q4_0' as const };
await writeSyntheticModel(model, shape);
const contenders: Contender[] = [];
try {
  contenders.push(await bareLockstep(model), await chatstream(model));
  const binary = process.env['LLAMA_SERVER'];
  if (binary !== undefined) contenders.push(await llamaServer(binary, model));
  const rows: string[][] = [];
  for (const streams of [1, 4, 8]) {
    const rates = contenders.map((): number[] => []);
    for (let repeat = 0; repeat <= Number(repeats); repeat += 1) {
      for (const [index, contender] of contenders.entries()) {
        const rate = await contender.measure(streams);
        if (repeat > 0) rates[index]?.push(rate); // the first round warms up
      }
    }
    const ours = rates[1] ?? [];
    for (const [index, contender] of contenders.entries()) {
      const theirs = rates[index] ?? [];
      const ratio = index === 1 ? '1' : spread(ratios(ours, theirs));
      rows.push([String(streams), contender.name, spread(theirs, 1), ratio]);
    }
  }
  console.log(markdownTable(['streams', 'server', 'decoded tokens/s', 'chatstream ÷ this'], rows));
  if (binary === undefined) console.log('\nllama-server was not measured: LLAMA_SERVER names no binary.');
} finally {
  await Promise.all(contenders.map((contender) => contender.stop()));
  rmSync(model, { force: true });
}
