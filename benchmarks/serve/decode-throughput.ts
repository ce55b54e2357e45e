import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineEnvironment } from '../../src/core/engine/process/engine-process.js';
import { decodeRate } from '../support/decode-rate.js';
import { markdownTable } from '../support/markdown.js';
import { type ServerProcess, startChatstream, startLlamaServer } from '../support/processes.js';
import { ratios, spread } from '../support/statistics.js';
import { benchmarkModel } from '../support/test-models.js';

/**
 * What is left of the engine's speed behind HTTP, the queue and a second process: decoded tokens per second of 1, 4 and
 * 8 streams, against a bare lockstep loop over node-llama-cpp. If the environment variable LLAMA_SERVER names a
 * llama-server, it is measured as well, with the same client, model, threads and slots.
 *
 *     npm run benchmark serve/decode-throughput [threads] [tokens] [repeats] [synthetic|smollm2|gemma]
 *
 * By default, threads are all cores but one: compute threads on every core would wait for HTTP and the client at every layer.
 */
const [
  threads = String(Math.max(1, availableParallelism() - 1)),
  tokens = '64',
  repeats = '5',
  modelKind = 'synthetic',
] = process.argv.slice(2);
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
  const size = { slots, contextPerSlot, threads };
  return overHttp('llama-server', await startLlamaServer(binary, model, size));
}

function overHttp(name: string, server: ServerProcess): Contender {
  const measure: Measure = (streams) => decodeRate(server.url, { streams, promptTokens, tokens: Number(tokens) });
  return { name, measure, stop: server.stop };
}

const folder = mkdtempSync(join(tmpdir(), 'chatstream-decode-'));
const { path: model, name: modelName } = await benchmarkModel(modelKind, folder);
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
  console.log(`Model: ${modelName}; ${threads} compute threads\n`);
  console.log(markdownTable(['streams', 'server', 'decoded tokens/s', 'chatstream ÷ this'], rows));
  if (binary === undefined) console.log('\nllama-server was not measured: LLAMA_SERVER names no binary.');
} finally {
  await Promise.all(contenders.map((contender) => contender.stop()));
  rmSync(folder, { recursive: true });
}
