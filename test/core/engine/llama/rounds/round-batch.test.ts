import { fileURLToPath } from 'node:url';
import type {
  Llama,
  LlamaContext,
  LlamaContextSequence,
  LlamaModel,
  SequenceEvaluateOptions,
  Token as LibraryToken,
} from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importLibrary, installedVersion } from '../../../../../src/core/engine/llama/library/library.js';
import { batchRounds, type RoundBatchOptions } from '../../../../../src/core/engine/llama/rounds/round-batch.js';
import { TokenRater } from '../../../../../src/core/engine/llama/sampling/token-rater.js';

const library = await importLibrary();
const version = `node-llama-cpp ${installedVersion()}`;
const modelPath = fileURLToPath(new URL('../../../../../models/bundled.gguf', import.meta.url));

let llama: Llama;
let model: LlamaModel;
let prompts: readonly LibraryToken[][];
beforeAll(async () => {
  llama = await library.getLlama({
    gpu: false,
    build: 'never',
    logLevel: library.LlamaLogLevel.disabled,
    maxThreads: 2,
  });
  model = await llama.loadModel({ modelPath });
  prompts = ['東京は日本の', 'Once upon a time', '{"name":', 'The sea is'].map((text) => model.tokenize(text));
});
afterAll(async () => {
  await model.dispose();
  await llama.dispose();
});

/** Runs something with a context that decodes by our batches, or by the library's dispatcher. */
async function withContext<T>(
  options: RoundBatchOptions | null,
  use: (sequences: readonly LlamaContextSequence[], context: LlamaContext) => Promise<T>,
  threads = 1,
): Promise<T> {
  const context = await model.createContext({ contextSize: 256, batchSize: 64, sequences: 4, threads });
  try {
    if (options !== null) expect(batchRounds(context, options), version).toBe(true);
    return await use(
      prompts.map(() => context.getSequence()),
      context,
    );
  } finally {
    await context.dispose();
  }
}

/** What generations ask the library for: every way to draw a token, each with a seed of its own. */
async function ways(): Promise<SequenceEvaluateOptions[]> {
  const bias = library.TokenBias.for(model);
  for (const token of model.tokenize(' the')) bias.set(token, 'never');
  const grammar = await llama.createGrammarForJsonSchema({ type: 'array', items: { type: 'integer' }, maxItems: 9 });
  const drawn: LibraryToken[] = [];
  const punishTokens = (): LibraryToken[] => [...drawn, ...(prompts[1] ?? [])];
  return [
    { temperature: 0.9, topP: 0.9, minP: 0.05, seed: 1 },
    { temperature: 1.2, topK: 100, seed: 2, repeatPenalty: { punishTokens, penalty: 1.3, presencePenalty: 0.5 } },
    { temperature: 1, seed: 3, grammarEvaluationState: new library.LlamaGrammarEvaluationState({ model, grammar }) },
    { temperature: 1, seed: 4, tokenBias: () => bias, xtc: { probability: 0.5, threshold: 0.1 } },
  ];
}

/** Generations that run together, the last of which begins later; every fifth token of the first is replaced. */
async function play(sequences: readonly LlamaContextSequence[]): Promise<unknown> {
  const rater = new TokenRater(model, (token) => ({ text: String(token), bytes: null }));
  const rated = sequences[0] === undefined ? null : rater.follow(sequences[0], 3);
  const logprobs: unknown[] = [];
  const options = await ways();
  const streams = sequences.map((sequence, index) =>
    sequence.evaluateWithMetadata(prompts[index] ?? [], {}, { ...options[index], yieldEogToken: true }),
  );
  const outputs = sequences.map((): LibraryToken[] => []);
  const replacement = prompts[0]?.[0];
  for (let round = 0; round < 24; round++) {
    const asking = streams.slice(0, round < 6 ? 3 : 4).map(async (stream, index) => {
      const isReplaced = index === 0 && round % 5 === 4 && replacement !== undefined;
      const { value } = await (isReplaced ? stream.next(replacement) : stream.next());
      if (value !== undefined) outputs[index]?.push(value.token);
      if (index === 0 && value !== undefined) logprobs.push(rated?.of(value.token));
    });
    await Promise.all(asking);
    await new Promise(setImmediate);
  }
  await Promise.all(streams.map((stream) => stream.return()));
  rated?.end();
  const held = sequences.map(({ contextTokens, nextTokenIndex }) => ({ contextTokens, nextTokenIndex }));
  return { outputs, logprobs, held };
}

describe('batches of rounds', () => {
  it('give the same tokens, probabilities and contents as the dispatcher of the library', async () => {
    const expected = await withContext(null, play);
    expect(expected).toMatchObject({ held: [{ nextTokenIndex: (prompts[0]?.length ?? 0) + 23 }, {}, {}, {}] });
    expect(await withContext({ hasOneThread: true }, play), version).toEqual(expected);
    expect(await withContext({ hasOneThread: false }, play), version).toEqual(expected);
  });

  it('hold everything that is asked for in one turn of the event loop', async () => {
    const sizes: number[] = [];
    await withContext({ observe: (batchSize) => sizes.push(batchSize) }, play);
    expect(sizes, version).toEqual([...Array<number>(6).fill(3), ...Array<number>(18).fill(4)]);
  });

  it('hold one sequence each if that is asked for', async () => {
    const expected = await withContext(null, play);
    const sizes: number[] = [];
    const observe = (batchSize: number): void => void sizes.push(batchSize);
    for (const hasOneThread of [true, false]) {
      expect(await withContext({ observe, hasOneThread, oneByOne: true }, play), version).toEqual(expected);
    }
    expect(new Set(sizes)).toEqual(new Set([1]));
  });

  it('leave what does not fit into one batch to the library', async () => {
    const long = model.tokenize('a b c d e f '.repeat(12)).slice(0, 150);
    const continued = async ([sequence]: readonly LlamaContextSequence[]): Promise<unknown> => {
      const { value } = (await sequence?.evaluateWithMetadata(long, {}, { temperature: 0 }).next()) ?? {};
      return { value, length: sequence?.nextTokenIndex };
    };
    const expected = await withContext(null, continued);
    expect(expected).toMatchObject({ length: long.length });
    expect(await withContext({}, continued), version).toEqual(expected);
  });

  it('leave a state that can be cut back and gone on from', async () => {
    const afterCut = async (sequences: readonly LlamaContextSequence[]): Promise<unknown> => {
      await play(sequences);
      const [first] = sequences;
      await first?.adaptStateToTokens(first.contextTokens.slice(0, 12), false);
      const { value } = (await first?.evaluateWithMetadata(prompts[1] ?? [], {}, { temperature: 0 }).next()) ?? {};
      return { value, length: first?.nextTokenIndex };
    };
    const expected = await withContext(null, afterCut);
    expect(expected).toMatchObject({ length: 12 + (prompts[1]?.length ?? 0) });
    expect(await withContext({}, afterCut), version).toEqual(expected);
  });

  it('use as many threads as the library is limited to at the time', async () => {
    const limited = async ([sequence]: readonly LlamaContextSequence[], context: LlamaContext): Promise<number[]> => {
      const used: number[] = [];
      for (const most of [1, 2, 1]) {
        llama.maxThreads = most;
        await sequence?.evaluateWithoutGeneratingNewTokens((prompts[0] ?? []).slice(0, 1));
        used.push(context.currentThreads);
      }
      return used;
    };
    const used = await withContext({}, limited, 2);
    llama.maxThreads = 2;
    expect(used, version).toEqual([1, 2, 1]);
  });

  it.each([true, false])('fail together, and only them, with one thread: %s', async (hasOneThread) => {
    await withContext({ hasOneThread }, async (sequences, context) => {
      const native: unknown = Reflect.get(context, '_ctx');
      if (typeof native !== 'object' || native === null) throw new Error('unreachable');
      const ask = (): Promise<unknown[]> =>
        Promise.all(
          sequences.map((each) =>
            each
              .evaluateWithMetadata(prompts[0] ?? [], {})
              .next()
              .catch(String),
          ),
        );
      await ask();
      const value = (): Promise<void> => Promise.reject(new Error('no such luck'));
      Object.defineProperty(native, 'decodeBatch', { value, configurable: true });
      expect(await ask()).toEqual(sequences.map(() => 'Error: no such luck'));
      Reflect.deleteProperty(native, 'decodeBatch');
      for (const sequence of sequences) await sequence.clearHistory();
      const [first] = await ask();
      expect(first).toMatchObject({ done: false, value: { token: expect.any(Number) as number } });
    });
  });

  it.each(['_decodeTokens', '_ctx'])('are left to the library if %s has moved', async (part) => {
    await withContext(null, (_, context) => {
      const moved = new Proxy(context, {
        get: (target, name) => (name === part ? undefined : (Reflect.get(target, name) as unknown)),
      });
      expect(batchRounds(moved)).toBe(false);
      return Promise.resolve();
    });
  });
});
