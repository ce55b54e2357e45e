import type { LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { OutputFormat } from '../engine.js';
import { compileFormat } from '../grammar/schema/compile.js';
import type { Library } from './library.js';

/** Number of compiled grammars that are kept. Services mostly ask for the same few JSON shapes. */
const capacity = 32;

/** Makes the grammars that keep generations to their format, and keeps them. */
export class Grammars {
  readonly #library: Library;
  readonly #model: LlamaModel;
  /** States at the beginning of the text, by format, the least recently used first. */
  readonly #compiled = new Map<string, LlamaGrammarEvaluationState>();

  constructor(library: Library, model: LlamaModel) {
    this.#library = library;
    this.#model = model;
  }

  /**
   * @returns a state at the beginning of the text, for one generation; null for free text
   * @throws ChatstreamError `invalid_request` for a schema that cannot be used, `grammar_too_complex`
   */
  async begin(format: OutputFormat): Promise<LlamaGrammarEvaluationState | null> {
    if (format.type === 'text') return null;
    const key = JSON.stringify(format);
    const known = this.#compiled.get(key) ?? (await this.#compile(format));
    this.#compiled.delete(key);
    this.#compiled.set(key, known);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > capacity && oldest !== undefined) this.#compiled.delete(oldest);
    return known.clone();
  }

  async #compile(format: Exclude<OutputFormat, { type: 'text' }>): Promise<LlamaGrammarEvaluationState> {
    const { gbnf } = compileFormat(format);
    try {
      const grammar = await this.#model.llama.createGrammar({ grammar: gbnf });
      return new this.#library.LlamaGrammarEvaluationState({ model: this.#model, grammar });
    } catch (error) {
      throw new ChatstreamError('invalid_request', `The grammar cannot be used: ${messageOf(error)}.`, {
        param: 'response_format',
        cause: error,
      });
    }
  }
}
