import type { LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp';
import { ChatstreamError, messageOf } from '../../../base/errors.js';
import { RecentlyUsed } from '../../../base/recently-used.js';
import type { OutputFormat } from '../../output-format.js';
import type { Library } from '../library/library.js';

type CompiledFormat = Extract<OutputFormat, { type: 'compiled' }>;

/** Number of grammars that are cached. Services mostly use the same few JSON shapes. */
const capacity = 32;

/** Loads the grammars that constrain generations to their format, and caches them. */
export class Grammars {
  readonly #library: Library;
  readonly #model: LlamaModel;
  /** States at the beginning of the text, by grammar. */
  readonly #states = new RecentlyUsed<LlamaGrammarEvaluationState>(capacity);

  constructor(library: Library, model: LlamaModel) {
    this.#library = library;
    this.#model = model;
  }

  /**
   * @returns a state at the beginning of the text, for one generation
   * @throws ChatstreamError `engine_failed` if llama.cpp cannot load the grammar
   */
  async begin({ gbnf, param }: CompiledFormat): Promise<LlamaGrammarEvaluationState> {
    const known = this.#states.get(gbnf) ?? (await this.#load(gbnf, param));
    this.#states.set(gbnf, known);
    return known.clone();
  }

  async #load(gbnf: string, param = 'response_format'): Promise<LlamaGrammarEvaluationState> {
    try {
      const grammar = await this.#model.llama.createGrammar({ grammar: gbnf });
      return new this.#library.LlamaGrammarEvaluationState({ model: this.#model, grammar });
    } catch (error) {
      throw new ChatstreamError('engine_failed', `llama.cpp cannot load a grammar: ${messageOf(error)}.`, {
        param,
        cause: error,
      });
    }
  }
}
