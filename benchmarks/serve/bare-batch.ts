import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextIteration } from 'node:timers/promises';
import { getLlama, type LlamaContext, type LlamaContextSequence, LlamaLogLevel, type Token } from 'node-llama-cpp';
import { batchRounds } from '../../src/core/engine/llama/rounds/round-batch.js';
import { markdownTable } from '../support/markdown.js';
import { median, quantile, ratios } from '../support/statistics.js';
import { benchmarkModel } from '../support/test-models.js';

/**
 * Three ways to decode sequences together with node-llama-cpp, without a server, in milliseconds per round. They take turns
 * round by round, each with a context of its own, so that what else the machine does slows down all of them alike.
 *
 * - library: each sequence is asked for its next token, and the library's dispatcher makes a batch of that;
 * - server: the same with batches of our own (round-batch.ts), as the server decodes;
 * - direct: nothing but the library's binding, which is as fast as this can get.
 *
 *     UV_THREADPOOL_SIZE=1 npm run benchmark serve/bare-batch [bundled|synthetic|smollm2|gemma] [threads] [rounds]
 */
const [modelKind = 'smollm2', threads = '1', rounds = '100'] = process.argv.slice(2);
if (process.env['UV_THREADPOOL_SIZE'] !== '1') throw new Error('Set UV_THREADPOOL_SIZE=1, as the server does.');

interface NativeContext {
  initBatch: (size: number) => void;
  addToBatch: (sequence: number, at: number, tokens: Uint32Array, logits: Uint32Array) => Uint32Array;
  decodeBatch: () => Promise<void>;
  sampleToken: (logitIndex: number, sampler: NativeSampler) => Promise<number>;
  setThreads: (threads: number) => void;
  disposeSequence: (sequence: number) => void;
}
interface NativeSampler {
  applyConfig: (config: object) => void;
  dispose: () => void;
}

const folder = mkdtempSync(join(tmpdir(), 'chatstream-batch-'));
const { path: modelPath, name } = await benchmarkModel(modelKind, folder);
const llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const most = 8;
const ways = ['library', 'server', 'direct'] as const;
type Way = (typeof ways)[number];
const contexts = {
  library: await createContext(),
  server: await createContext(),
  direct: await createContext(),
} as const satisfies Record<Way, LlamaContext>;
if (!batchRounds(contexts.server)) throw new Error('The library has changed: see round-batch.ts.');
const { _ctx: native } = contexts.direct as unknown as { _ctx: NativeContext };
const { _bindings: bindings } = llama as unknown as {
  _bindings: { AddonSampler: new (model: unknown) => NativeSampler };
};
const { _model: nativeModel } = model as unknown as { _model: unknown };
const sampling = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 };
const prompt = model.tokenize('0 '.repeat(32)).slice(0, 32);
const last: Token = prompt[0] ?? (0 as Token);

interface Rounds {
  readonly round: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

async function createContext(): Promise<LlamaContext> {
  return await model.createContext({ sequences: most, contextSize: 512, batchSize: 256, threads: Number(threads) });
}

function bySequences(running: readonly LlamaContextSequence[]): Rounds {
  const streams = running.map((sequence, seed) =>
    sequence.evaluateWithMetadata([last], {}, { ...sampling, seed, yieldEogToken: true }),
  );
  return {
    round: () => Promise.all(streams.map((stream) => stream.next())),
    end: () => Promise.all(streams.map((stream) => stream.return())),
  };
}

function byBinding(count: number): Rounds {
  const draws = Array.from({ length: count }, (_, seed) => ({
    sampler: new bindings.AddonSampler(nativeModel),
    config: { ...sampling, seed },
    token: Number(last),
  }));
  let place = prompt.length;
  const round = async (): Promise<void> => {
    native.setThreads(Number(threads));
    native.initBatch(count);
    const logits = draws.map(({ token }, index) =>
      native.addToBatch(index, place, Uint32Array.of(token), Uint32Array.of(0)),
    );
    const decoded = native.decodeBatch();
    const drawn = draws.map(({ sampler, config }, index) => {
      sampler.applyConfig(config);
      return native.sampleToken(logits[index]?.[0] ?? 0, sampler);
    });
    await decoded;
    for (const [index, draw] of draws.entries()) draw.token = (await drawn[index]) ?? 0;
    place += 1;
  };
  const end = (): Promise<void> => {
    for (const { sampler } of draws) sampler.dispose();
    return Promise.resolve();
  };
  return { round, end };
}

const sequences = Object.fromEntries(
  ways.map((way) => [way, Array.from({ length: most }, () => contexts[way].getSequence())]),
) as Record<Way, LlamaContextSequence[]>;

/** Milliseconds of each round, by way. */
async function measure(count: number): Promise<Record<Way, number[]>> {
  for (const way of ways) {
    const running = sequences[way].slice(0, count);
    await Promise.all(running.map((sequence) => sequence.clearHistory()));
    await Promise.all(running.map((sequence) => sequence.evaluateWithoutGeneratingNewTokens(prompt)));
  }
  const running = {
    library: bySequences(sequences.library.slice(0, count)),
    server: bySequences(sequences.server.slice(0, count)),
    direct: byBinding(count),
  };
  const times: Record<Way, number[]> = { library: [], server: [], direct: [] };
  for (let each = 0; each <= Number(rounds); each += 1) {
    for (const way of ways) {
      const startedAt = performance.now();
      await running[way].round();
      await nextIteration();
      if (each > 0) times[way].push(performance.now() - startedAt); // the first one warms up
    }
  }
  for (const way of ways) await running[way].end();
  // The library does not know what was decoded without it.
  for (let index = 0; index < count; index += 1) native.disposeSequence(index);
  for (const sequence of sequences.direct) Object.assign(sequence, { _nextTokenIndex: 0, _contextTokens: [] });
  return times;
}

try {
  const rows: string[][] = [];
  for (const count of [1, 4, 8]) {
    const times = await measure(count);
    for (const way of ways) {
      const speedups = ratios(times.library, times[way]);
      const quartiles = `${quantile(speedups, 0.25).toFixed(2)}–${quantile(speedups, 0.75).toFixed(2)}`;
      const speed = `${median(speedups).toFixed(2)} (${quartiles})`;
      rows.push([String(count), way, median(times[way]).toFixed(2), quantile(times[way], 0.1).toFixed(2), speed]);
    }
  }
  console.log(`Model: ${name}; ${threads} compute threads\n`);
  console.log(markdownTable(['sequences', 'way', 'ms a round', '10 % are below', 'speed ÷ library'], rows));
} finally {
  await llama.dispose();
  rmSync(folder, { recursive: true });
}
