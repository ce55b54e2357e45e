import type { LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { OutputFormat } from '../engine.js';
import { compileFormat } from '../grammar/schema/compile.js';
import type { Library } from './library.js';

/** Number of compiled grammars that are kept. Services mostly ask for the same few JSON shapes. */
const capacity = 32;

interface Known {
  readonly gbnf: string;
  /** At the beginning of the text; null until a generation needs it. */
  state: LlamaGrammarEvaluationState | null;
}

/** Makes the grammars that keep generations to their format, and keeps them. */
export class Grammars {
  readonly #library: Library;
  readonly #model: LlamaModel;
  /** By format, the least recently used first. */
  readonly #known = new Map<string, Known>();

  constructor(library: Library, model: LlamaModel) {
    this.#library = library;
    this.#model = model;
  }

  /** @throws ChatstreamError `invalid_request` for a format that cannot be used, `grammar_too_complex` */
  check(format: OutputFormat): void {
    if (format.type !== 'text') this.#get(format);
  }

  /**
   * @returns a state at the beginning of the text, for one generation; null for free text
   * @throws ChatstreamError as {@link check} does
   */
  async begin(format: OutputFormat): Promise<LlamaGrammarEvaluationState | null> {
    if (format.type === 'text') return null;
    const known = this.#get(format);
    known.state ??= await this.#load(known.gbnf);
    return known.state.clone();
  }

  #get(format: Exclude<OutputFormat, { type: 'text' }>): Known {
    const key = JSON.stringify(format);
    const known = this.#known.get(key) ?? { gbnf: compileFormat(format).gbnf, state: null };
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > capacity && oldest !== undefined) this.#known.delete(oldest);
    return known;
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
