import type { LlamaContext } from 'node-llama-cpp';
import { property } from '../library/library.js';

/** A sequence's request for a decode, as the library's sequences describe it. */
interface DecodeRequest {
  readonly sequenceId: number;
  readonly tokens: readonly number[];
  /** The place of the first of them in the sequence. */
  readonly firstTokenSequenceIndex: number;
  /** True at the index of each token that another one is drawn after. */
  readonly logits: readonly (boolean | undefined)[];
}

/**
 * Draws a token, or does something else with the logits. @param place position in its sequence of the token before it
 */
type Draw = (logitIndex: number, place: number) => unknown;

type Drawn = readonly (readonly [place: number, value: unknown])[];

type Decode = (request: DecodeRequest, draw: Draw) => Promise<Drawn>;

interface Waiting {
  readonly request: DecodeRequest;
  readonly draw: Draw;
  readonly resolve: (drawn: Drawn | Promise<Drawn>) => void;
  readonly reject: (error: unknown) => void;
}

interface NativeContext {
  readonly initBatch: (tokens: number) => void;
  /** @returns the numbers by which the requested logits are found */
  readonly addToBatch: (sequence: number, place: number, tokens: Uint32Array, logits: Uint32Array) => Uint32Array;
  readonly decodeBatch: () => Promise<void>;
  readonly setThreads: (threads: number) => void;
}

export interface RoundBatchOptions {
  /** Called with the number of sequences in each batch. */
  readonly observe?: ((batchSize: number) => void) | undefined;
  /** Whether the process has a single thread for native work; by default by its environment. */
  readonly hasOneThread?: boolean;
  /** Whether each sequence is decoded in a batch of its own, one after the other; false by default. See lone-sequences.ts. */
  readonly oneByOne?: boolean;
}

/**
 * Decodes what the sequences of a context request in one turn of the event loop as one batch, in place of the library's
 * dispatcher. The dispatcher takes another iteration of the event loop to begin, a lock, and another iteration to draw.
 *
 *     JavaScript    a, b and c ask ──▶ batch of a, b, c                              c, b and a continue
 *                                            │                                        ▲
 *     libuv's thread                         └──▶ decode ──▶ draw a ──▶ draw b ──▶ draw c
 *
 * If libuv has a single thread, which works in order, the draws are queued together with the decode: each round makes
 * one trip to the thread and back, and no time passes between decode and draw.
 *
 * What a sequence does with the result is left to the library. Locks are not taken, because a round ends before
 * anything else touches the context (round-loop.ts). Two unused features are left out: the library's count of tokens,
 * and checkpoints at intervals.
 *
 * Depends on `LlamaContext._decodeTokens`, which gets the two parameters of {@link Decode}, and on `initBatch`, `addToBatch`,
 * `decodeBatch` and `setThreads` of `LlamaContext._ctx`.
 *
 * @returns false if they are not as expected; the library's dispatcher then stays in place
 */
export function batchRounds(context: LlamaContext, options: RoundBatchOptions = {}): boolean {
  const native = property(context, '_ctx');
  const decode = property(context, '_decodeTokens');
  if (!isNativeContext(native) || typeof decode !== 'function') return false;
  const byLibrary: Decode = (request, draw) => Reflect.apply(decode, context, [request, draw]) as Promise<Drawn>;
  const batches = new RoundBatches(context, native, byLibrary, options);
  return Reflect.set(context, '_decodeTokens', batches.decode);
}

function isNativeContext(value: unknown): value is NativeContext {
  const needed: readonly (keyof NativeContext)[] = ['initBatch', 'addToBatch', 'decodeBatch', 'setThreads'];
  return needed.every((name) => typeof property(value, name) === 'function');
}

class RoundBatches {
  readonly #context: LlamaContext;
  readonly #native: NativeContext;
  readonly #byLibrary: Decode;
  readonly #observe: (batchSize: number) => void;
  readonly #hasOneThread: boolean;
  readonly #oneByOne: boolean;
  #waiting: Waiting[] = [];
  #isBusy = false;

  constructor(context: LlamaContext, native: NativeContext, byLibrary: Decode, options: RoundBatchOptions) {
    this.#context = context;
    this.#native = native;
    this.#byLibrary = byLibrary;
    this.#observe = options.observe ?? (() => undefined);
    this.#hasOneThread = options.hasOneThread ?? process.env['UV_THREADPOOL_SIZE'] === '1';
    this.#oneByOne = options.oneByOne ?? false;
  }

  readonly decode: Decode = (request, draw) =>
    new Promise((resolve, reject) => {
      this.#waiting.push({ request, draw, resolve, reject });
      this.#schedule();
    });

  #schedule(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    // A tick comes after all settled promises, so by then, every sequence of the round has made its request.
    process.nextTick(() => void this.#run());
  }

  async #run(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    const batches = this.#oneByOne ? batch.map((waiting) => [waiting]) : [batch];
    for (const together of batches) {
      try {
        await this.#decodeAll(together);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#isBusy = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #decodeAll(batch: readonly Waiting[]): Promise<void> {
    const size = batch.reduce((sum, { request }) => sum + request.tokens.length, 0);
    // The round loop never asks for so much; only the library can cut it into several batches.
    if (size > this.#context.batchSize) {
      const drawn = batch.map(({ request, draw }) => this.#byLibrary(request, draw));
      await answer(batch, drawn);
      return;
    }
    this.#observe(batch.length);
    this.#native.initBatch(size);
    const logitIndexes = batch.map(({ request }) => this.#add(request));
    this.#native.setThreads(threadsOf(this.#context));
    const decoded = this.#native.decodeBatch();
    if (!this.#hasOneThread) await decoded;
    // Its error is taken when all draws have ended.
    decoded.catch(() => undefined);
    const drawn = batch.map(({ request, draw }, index) => drawEach(request, logitIndexes[index] ?? [], draw, decoded));
    await answer(batch, drawn);
  }

  #add({ sequenceId, firstTokenSequenceIndex, tokens, logits }: DecodeRequest): readonly number[] {
    const wanted = Uint32Array.from(wantedOf(logits));
    return [...this.#native.addToBatch(sequenceId, firstTokenSequenceIndex, Uint32Array.from(tokens), wanted)];
  }
}

/** Resolves when nothing reads the batch any more. */
async function answer(batch: readonly Waiting[], drawn: readonly Promise<Drawn>[]): Promise<void> {
  for (const [index, { resolve }] of batch.entries()) resolve(drawn[index] ?? []);
  await Promise.allSettled(drawn);
}

function wantedOf(logits: DecodeRequest['logits']): number[] {
  return logits.flatMap((isWanted, index) => (isWanted === true ? [index] : []));
}

/**
 * One after the other, as a sequence has one sampler. After a decode that failed, draws give nonsense or errors; the error of
 * the decode counts, and no draw is still queued when it is thrown.
 */
async function drawEach(
  { firstTokenSequenceIndex, logits }: DecodeRequest,
  indexes: readonly number[],
  draw: Draw,
  decoded: Promise<void>,
): Promise<Drawn> {
  const drawn: (readonly [number, unknown])[] = [];
  try {
    for (const [at, token] of wantedOf(logits).entries()) {
      const place = firstTokenSequenceIndex + token;
      drawn.push([place, await draw(indexes[at] ?? 0, place)]);
    }
  } finally {
    await decoded;
  }
  return drawn;
}

/** As the library divides them while one context decodes. */
function threadsOf({ idealThreads, model }: LlamaContext): number {
  const { maxThreads } = model.llama;
  return maxThreads === 0 ? idealThreads : Math.min(idealThreads, maxThreads);
}
