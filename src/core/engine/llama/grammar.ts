import type { LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { ConstrainedFormat, OutputFormat } from '../engine.js';
import { compileFormat, subjectOf } from '../format/compile-format.js';
import type { Library } from './library.js';

/** Number of compiled grammars that are kept. Services mostly ask for the same few JSON shapes. */
const capacity = 32;

/** Makes the grammars that keep generations to their format, and keeps them. */
export class Grammars {
  readonly #library: Library;
  readonly #model: LlamaModel;
  /** States at the beginning of the text, by grammar. */
  readonly #states = new RecentlyUsed<LlamaGrammarEvaluationState>(capacity);
  /** Grammars, by format. */
  readonly #compiled = new RecentlyUsed<string>(capacity);

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
    const gbnf = this.gbnf(format);
    const known = this.#states.get(gbnf) ?? (await this.#load(gbnf, subjectOf(format).param));
    this.#states.set(gbnf, known);
    return known.clone();
  }

  /**
   * @returns the grammar of a format, in llama.cpp's notation
   * @throws ChatstreamError `invalid_request` for a format that cannot be used, `grammar_too_complex`
   */
  gbnf(format: ConstrainedFormat): string {
    if (format.type === 'compiled') return format.gbnf;
    const key = JSON.stringify({ ...format, param: undefined });
    const gbnf = this.#compiled.get(key) ?? compileFormat(format).gbnf;
    this.#compiled.set(key, gbnf);
    return gbnf;
  }

  async #load(gbnf: string, param: string): Promise<LlamaGrammarEvaluationState> {
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

/** Forgets what was set least recently. */
class RecentlyUsed<T> {
  readonly #capacity: number;
  readonly #values = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: T): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#capacity && oldest !== undefined) this.#values.delete(oldest);
  }
}
