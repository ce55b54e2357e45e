import type { LlamaModel } from 'node-llama-cpp';
import type { Demands, OutputFormat, PromptEngine, PromptSource, Token } from '../engine.js';
import { Grammars } from './grammar.js';
import type { Library } from './library.js';
import type { Prompts } from './prompts.js';

/** Answers the calls of a {@link PromptEngine} with a model that has been loaded, with or without its weights. */
export class Prompter implements Omit<PromptEngine, 'start' | 'stop'> {
  readonly #prompts: Prompts;
  readonly #grammars: Grammars;

  constructor(library: Library, model: LlamaModel, prompts: Prompts) {
    this.#prompts = prompts;
    this.#grammars = new Grammars(library, model);
  }

  async prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<readonly Token[]> {
    if (demands !== undefined) await this.#check(demands);
    signal?.throwIfAborted();
    return await this.#prompts.prepare(source, signal);
  }

  async constrain(format: OutputFormat, signal?: AbortSignal): Promise<OutputFormat> {
    signal?.throwIfAborted();
    if (format.type === 'text') return format;
    return await Promise.resolve({ type: 'compiled', gbnf: this.#grammars.gbnf(format), param: format.param });
  }

  // These are async so that everything they throw becomes a rejection.
  async tokenize(text: string, signal?: AbortSignal): Promise<readonly Token[]> {
    signal?.throwIfAborted();
    return await this.#prompts.tokenize(text, signal);
  }

  async detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted();
    return await Promise.resolve(this.#prompts.detokenize(tokens));
  }

  /** @throws ChatstreamError `invalid_request` for demands that no generation could meet */
  async #check({ format, logitBias, stopTokens }: Demands): Promise<void> {
    this.#prompts.check(Object.keys(logitBias).map(Number), 'logit_bias');
    this.#prompts.check(stopTokens, 'stop_token_ids');
    await this.#grammars.begin(format);
  }
}
