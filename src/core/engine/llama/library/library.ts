import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as library from 'node-llama-cpp';
import type {
  Llama,
  LlamaContext,
  LlamaContextSequence,
  LlamaGrammar,
  LlamaGrammarEvaluationState,
  LlamaModel,
  Token as LibraryToken,
  TokenBias,
} from 'node-llama-cpp';
import { ChatstreamError } from '../../../base/errors.js';
import { items, member } from '../../../base/json.js';
import type { Token } from '../../engine.js';

/**
 * node-llama-cpp, which loads many megabytes of native code. This is only a type: functions get the library as a
 * parameter, so that only {@link importLibrary} loads it.
 */
export type Library = typeof library;

/** Loads node-llama-cpp, once; the module cache keeps it. */
export async function importLibrary(): Promise<Library> {
  return await import('node-llama-cpp');
}

/**
 * The library brands its token numbers. Ours are plain numbers, because they also come from clients and other
 * processes; they are checked against the vocabulary where they arrive. The library copies lists before it changes
 * them.
 */
export function libraryTokens(tokens: readonly Token[]): LibraryToken[] {
  return tokens as LibraryToken[];
}

export function libraryToken(token: Token): LibraryToken {
  return token as LibraryToken;
}

/** Receives messages for the operator. */
export type EngineLog = (level: 'warn' | 'error', message: string) => void;

// The functions below depend on parts of node-llama-cpp that it does not document or calls experimental, so an update
// may move them without notice. Each function checks at run time what it depends on and reports which part has moved.
// Elsewhere, we depend on
//
// - the texts of llama.cpp's messages (load-errors.ts);
// - llama.cpp's renderer of templates, and the name of the file of its native code (jinja.ts);
// - `maxThreads`, which takes effect from the next decode on (calibrate.ts);
// - how sequences ask their context to decode (round-batch.ts, which leaves it to the library where that has moved).
//
// library.test.ts and rounds.test.ts check all of this for the installed version.

/**
 * Advances a grammar by a token that was not sampled with it. The library does so itself for tokens it samples, but a
 * resumed generation begins with tokens that another process sampled.
 *
 * Depends on `Llama._bindings.AddonSampler.acceptGrammarEvaluationStateToken` and `LlamaGrammarEvaluationState._state`.
 */
export function acceptGrammarToken(llama: Llama, state: LlamaGrammarEvaluationState, token: Token): void {
  const sampler = property(property(llama, '_bindings'), 'AddonSampler');
  const accept = property(sampler, 'acceptGrammarEvaluationStateToken');
  if (typeof accept !== 'function') throw moved('AddonSampler.acceptGrammarEvaluationStateToken');
  const nativeState = property(state, '_state');
  if (nativeState === undefined) throw moved('LlamaGrammarEvaluationState._state');
  Reflect.apply(accept, sampler, [nativeState, token]);
}

/**
 * Biases the logits of these tokens and no others. `TokenBias.set` silently leaves end-of-generation tokens as they are.
 *
 * Depends on `TokenBias._biases`.
 */
export function biasLogits(bias: TokenBias, logits: ReadonlyMap<Token, number>): void {
  if (!(property(bias, '_biases') instanceof Map)) throw moved('TokenBias._biases');
  Reflect.set(bias, '_biases', logits);
}

/**
 * Whether llama.cpp's grammar engine accepts a text.
 *
 * Depends on `LlamaGrammar._testText`.
 */
export function grammarAccepts(grammar: LlamaGrammar, text: string): boolean {
  const test = property(grammar, '_testText');
  const accepted: unknown = typeof test === 'function' ? Reflect.apply(test, grammar, [text]) : undefined;
  if (typeof accepted !== 'boolean') throw moved('LlamaGrammar._testText');
  return accepted;
}

/**
 * Makes sure that a model has applied the type of its cache, because an option that the library no longer knows is
 * ignored.
 *
 * Depends on the options `experimentalDefaultContextKvCacheKeyType` and `experimentalDefaultContextKvCacheValueType`.
 */
export function assertCacheType(library: Library, model: LlamaModel, type: keyof Library['GgmlType']): void {
  const expected = library.GgmlType[type];
  if (model.defaultContextKvCacheKeyType !== expected || model.defaultContextKvCacheValueType !== expected) {
    throw moved('LlamaModelOptions.experimentalDefaultContextKvCacheKeyType');
  }
}

/**
 * Copies the first tokens of one sequence of a context into another one, replacing its contents. llama.cpp copies the
 * memory of the whole sequence, with the next decode.
 *
 * Depends on `LlamaContextSequence._copyStateFromOtherSequence`.
 *
 * @returns false if the model cannot shorten the copy to `length`; the target then holds something else
 */
export async function copySequence(
  target: LlamaContextSequence,
  source: LlamaContextSequence,
  length: number,
): Promise<boolean> {
  const copy = property(target, '_copyStateFromOtherSequence');
  if (typeof copy !== 'function') throw moved('LlamaContextSequence._copyStateFromOtherSequence');
  return (await Reflect.apply(copy, target, [source, length])) === true;
}

/**
 * The text of a token in the spelling of the vocabulary. `detokenize` gives it as output, without leading spaces.
 *
 * Depends on `LlamaModel._model.getTokenString`.
 */
export function tokenSpelling(model: LlamaModel, token: Token): string {
  const native = property(model, '_model');
  const read = property(native, 'getTokenString');
  if (typeof read !== 'function') throw moved('LlamaModel._model.getTokenString');
  const text: unknown = Reflect.apply(read, native, [token]);
  if (typeof text !== 'string') throw moved('LlamaModel._model.getTokenString');
  return text;
}

/** Whether {@link onDraw} and {@link readLogits} find the functions that they depend on. */
export function canReadLogits(sequence: LlamaContextSequence): boolean {
  return (
    typeof property(sequence, '_decodeTokens') === 'function' &&
    typeof property(property(sequence.context, '_ctx'), 'sampleToken') === 'function' &&
    typeof property(property(sequence.model.llama, '_bindings'), 'AddonSampler') === 'function'
  );
}

/**
 * Calls `seen` after each token that a sequence draws, while the logits from which it was drawn still exist. The
 * sequence continues when `seen` has resolved.
 *
 * Depends on `LlamaContextSequence._decodeTokens`, which gets a function that draws a token as its sixth parameter.
 *
 * @returns a function that ends this
 */
export function onDraw(
  sequence: LlamaContextSequence,
  seen: (token: Token, logitIndex: number) => Promise<void>,
): () => void {
  const decode = property(sequence, '_decodeTokens');
  if (typeof decode !== 'function') throw moved('LlamaContextSequence._decodeTokens');
  const watched = (...parameters: unknown[]): unknown => {
    const draw = parameters[drawParameter];
    if (typeof draw !== 'function') throw moved('LlamaContextSequence._decodeTokens');
    const watchedDraw = async (logitIndex: unknown, ...others: unknown[]): Promise<unknown> => {
      const token: unknown = await Reflect.apply(draw, undefined, [logitIndex, ...others]);
      if (typeof token === 'number' && typeof logitIndex === 'number') await seen(token, logitIndex);
      return token;
    };
    return Reflect.apply(decode, sequence, parameters.with(drawParameter, watchedDraw));
  };
  Reflect.set(sequence, '_decodeTokens', watched);
  return () => {
    Reflect.deleteProperty(sequence, '_decodeTokens');
  };
}

const drawParameter = 5;

/**
 * Evaluates tokens without drawing any, and calls `seen` for each in turn while its logits exist.
 *
 * Depends on `LlamaContextSequence._decodeTokens`, as {@link onDraw} does; here, it gets the number of the token as well.
 */
export async function evaluateWithLogits(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  seen: (index: number, logitIndex: number) => Promise<void>,
): Promise<void> {
  const decode = property(sequence, '_decodeTokens');
  if (typeof decode !== 'function') throw moved('LlamaContextSequence._decodeTokens');
  // A generation that also rates what it draws has replaced the library's function by its own.
  const own = Object.getOwnPropertyDescriptor(sequence, '_decodeTokens');
  const look = async (logitIndex: unknown, index: unknown): Promise<void> => {
    if (typeof logitIndex !== 'number' || typeof index !== 'number') throw moved('LlamaContextSequence._decodeTokens');
    await seen(index, logitIndex);
  };
  const looking = (...parameters: unknown[]): unknown => {
    return Reflect.apply(decode, sequence, parameters.with(drawParameter, look));
  };
  Reflect.set(sequence, '_decodeTokens', looking);
  try {
    await sequence.controlledEvaluate(libraryTokens(tokens).map((token) => [token, { generateNext: { token: true } }]));
  } finally {
    if (own === undefined) Reflect.deleteProperty(sequence, '_decodeTokens');
    else Object.defineProperty(sequence, '_decodeTokens', own);
  }
}

/** A sampler of llama.cpp, opaque here. */
export interface NativeSampler {
  readonly native: unknown;
}

/**
 * A sampler that keeps the `topK` likeliest tokens as they are, and draws one of them; or that keeps all of them.
 *
 * Depends on `Llama._bindings.AddonSampler` and its `applyConfig`, and on `LlamaModel._model`.
 */
export function createSampler(model: LlamaModel, topK: number | 'all'): NativeSampler {
  const Sampler = property(property(model.llama, '_bindings'), 'AddonSampler');
  if (typeof Sampler !== 'function') throw moved('AddonSampler');
  const native: unknown = Reflect.construct(Sampler, [property(model, '_model')]);
  const configure = property(native, 'applyConfig');
  if (typeof configure !== 'function') throw moved('AddonSampler.applyConfig');
  Reflect.apply(configure, native, [topK === 'all' ? { temperature: 0 } : { temperature: 1, topK, seed: 1 }]);
  return { native };
}

/** Logits by token, and the sum of exp(logit - highest logit) over all tokens of the sampler. */
export interface Logits {
  readonly logits: ReadonlyMap<Token, number>;
  readonly weight: number;
}

/**
 * Reads logits with a sampler, which draws a token that is not used. The logits themselves are not changed.
 *
 * Depends on `LlamaContext._ctx.sampleToken`: its fifth parameter says which logits are wanted, its sixth whether their
 * sum is wanted, and they are the fourth and the fifth item of its result.
 *
 * @param wanted the tokens, or how many of the likeliest
 */
export async function readLogits(
  context: LlamaContext,
  logitIndex: number,
  { native }: NativeSampler,
  wanted: { readonly tokens: readonly Token[] } | { readonly likeliest: number },
): Promise<Logits> {
  const nativeContext = property(context, '_ctx');
  const sample = property(nativeContext, 'sampleToken');
  if (typeof sample !== 'function') throw moved('LlamaContext._ctx.sampleToken');
  const filter =
    'tokens' in wanted ? [wanted.tokens, false, false, false, 0] : [[], false, false, false, wanted.likeliest];
  const parameters = [logitIndex, native, false, false, filter, true];
  const result: unknown = await Reflect.apply(sample, nativeContext, parameters);
  const pairs = items(items(result)[3]).filter((value) => typeof value === 'number');
  const weight = items(result)[4];
  if (pairs.length === 0 || typeof weight !== 'number') throw moved('LlamaContext._ctx.sampleToken');
  const logits = new Map<Token, number>();
  for (let at = 0; at + 1 < pairs.length; at += 2) logits.set(pairs[at] ?? 0, pairs[at + 1] ?? 0);
  return { logits, weight };
}

/** The version of node-llama-cpp that is installed, from its package.json. */
export function installedVersion(): string {
  const entry = createRequire(import.meta.url).resolve('node-llama-cpp');
  const packageJson: unknown = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8'));
  return String(member(packageJson, 'version'));
}

export function property(owner: unknown, name: string): unknown {
  const isOwner = (typeof owner === 'object' && owner !== null) || typeof owner === 'function';
  return isOwner ? Reflect.get(owner, name) : undefined;
}

/** The error that a part of the library on which we depend is not where it was. */
export function moved(part: string): ChatstreamError {
  return new ChatstreamError('engine_failed', `node-llama-cpp ${installedVersion()}: ${part} is not as expected.`, {
    hint: "Install the version of node-llama-cpp that chatstream's package.json names.",
  });
}
