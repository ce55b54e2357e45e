import type { LlamaModel } from 'node-llama-cpp';
import type { Demands, Prepared, PromptEngine, PromptSource, Token } from '../engine.js';
import type { TokenSpelling } from '../token-spelling.js';
import type { TokenizeOptions } from '../tokenize-options.js';
import { FormatThread } from './formats/format-thread.js';
import { Grammars } from './formats/grammar.js';
import type { Library } from './library/library.js';
import type { Prompts } from './prompts.js';

/** Answers the calls of a {@link PromptEngine} with a model that has been loaded, with or without its weights. */
export class Prompter implements Omit<PromptEngine, 'start'> {
  readonly #prompts: Prompts;
  readonly #grammars: Grammars;
  readonly #formats: FormatThread;

  constructor(library: Library, model: LlamaModel, prompts: Prompts) {
    this.#prompts = prompts;
    this.#grammars = new Grammars(library, model);
    this.#formats = new FormatThread(prompts.templateSource);
  }

  async prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    if (demands !== undefined) {
      this.#prompts.check(Object.keys(demands.logitBias).map(Number), 'logit_bias');
      this.#prompts.check(demands.stopTokens, 'stop_token_ids');
    }
    signal?.throwIfAborted();
    const { tokens, isThinking, inputLengths } = await this.#prompts.prepare(source, signal);
    const chat = source.type === 'chat' ? { isThinking } : null;
    const format = await this.#formats.compile(demands?.format ?? { type: 'text' }, chat, signal);
    // Any error in a grammar should be known before the request waits.
    if (format.type === 'compiled') await this.#grammars.begin(format);
    return { prompt: tokens, format, isThinking, ...(inputLengths !== undefined && { inputLengths }) };
  }

  // These are async so that everything they throw becomes a rejection.
  async tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    signal?.throwIfAborted();
    return await this.#prompts.tokenize(text, options, signal);
  }

  async detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    return await Promise.resolve(this.#prompts.detokenize(tokens));
  }

  async spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    signal?.throwIfAborted();
    return await Promise.resolve(this.#prompts.spell(tokens));
  }

  async stop(): Promise<void> {
    this.#prompts.stop();
    await this.#formats.stop();
  }
}
