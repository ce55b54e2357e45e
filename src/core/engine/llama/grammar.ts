import type { LlamaGrammar, LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { OutputFormat } from '../engine.js';
import { type GrammarSchema, grammarSchema } from './json-schema.js';
import { type Library, withoutFinalNewlines } from './library.js';

/** Number of compiled grammars that are kept. Services mostly ask for the same few JSON shapes. */
const capacity = 32;

/** Compiles the grammars that make generations keep to their format, and keeps the compiled ones. */
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
   * @throws ChatstreamError `invalid_request` for a schema that cannot be used
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
    const { llama } = this.#model;
    try {
      const grammar =
        format.type === 'json_object'
          ? await llama.getGrammarFor('json')
          : await this.#grammarForSchema(grammarSchema(format.schema));
      return new this.#library.LlamaGrammarEvaluationState({ model: this.#model, grammar });
    } catch (error) {
      if (error instanceof ChatstreamError) throw error;
      throw new ChatstreamError(
        'invalid_request',
        `The JSON schema cannot be made into a grammar: ${messageOf(error)}.`,
        {
          param: 'response_format',
          cause: error,
        },
      );
    }
  }

  async #grammarForSchema(schema: GrammarSchema): Promise<LlamaGrammar> {
    const { llama } = this.#model;
    const { grammar } = await llama.createGrammarForJsonSchema(schema);
    return await llama.createGrammar({ grammar: withoutFinalNewlines(grammar) });
  }
}
