import type { LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { OutputFormat } from '../engine.js';
import { compileFormat } from '../format/compile-format.js';
import type { Library } from './library.js';

/** Number of compiled grammars that are kept. Services mostly ask for the same few JSON shapes. */
const capacity = 32;

/** Makes the grammars that keep generations to their format, and keeps them. */
export class Grammars {
  readonly #library: Library;
  readonly #model: LlamaModel;
  /** States at the beginning of the text, by format, the least recently used first. */
  readonly #known = new Map<string, LlamaGrammarEvaluationState>();

  constructor(library: Library, model: LlamaModel) {
    this.#library = library;
    this.#model = model;
  }

  /**
   * @returns a state at the beginning of the text, for one generation; null for free text
   * @throws ChatstreamError `invalid_request` for a format that cannot be used, `grammar_too_complex`
   */
  async begin(format: OutputFormat): Promise<LlamaGrammarEvaluationState | null> {
    if (format.type === 'text') return null;
    const key = JSON.stringify(format);
    const known = this.#known.get(key) ?? (await this.#load(gbnfOf(format)));
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > capacity && oldest !== undefined) this.#known.delete(oldest);
    return known.clone();
  }

  async #load(gbnf: string): Promise<LlamaGrammarEvaluationState> {
    try {
      const grammar = await this.#model.llama.createGrammar({ grammar: gbnf });
      return new this.#library.LlamaGrammarEvaluationState({ model: this.#model, grammar });
    } catch (error) {
      throw new ChatstreamError('engine_failed', `llama.cpp cannot load a grammar: ${messageOf(error)}.`, {
        param: 'response_format',
        cause: error,
      });
    }
  }
}

function gbnfOf(format: Exclude<OutputFormat, { type: 'text' }>): string {
  return format.type === 'compiled' ? format.gbnf : compileFormat(format).gbnf;
}
