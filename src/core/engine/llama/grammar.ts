import type { LlamaGrammar, LlamaGrammarEvaluationState, LlamaModel } from 'node-llama-cpp';

import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { OutputFormat } from '../engine.js';
import { grammarSchema, type GrammarSchema } from './json-schema.js';
import type { Library } from './library.js';

/** Compiled grammars to keep. A service that asks for JSON mostly asks for the same few shapes. */
const capacity = 32;

/**
 * What the library lets follow a JSON value: four newlines, which its chat session looks for as the sign to end.
 * Without them the end-of-generation token may follow, and nothing else.
 */
const newlinesAtTheEnd = String.raw` "\n\n\n\n" [\n]*`;

/** Makes the grammar that holds a generation to its format, and remembers compiled ones. */
export class Grammars {
  readonly #library: Library;
  readonly #model: LlamaModel;
  /** Untouched states by format, the least recently used first. */
  readonly #compiled = new Map<string, LlamaGrammarEvaluationState>();

  constructor(library: Library, model: LlamaModel) {
    this.#library = library;
    this.#model = model;
  }

  /**
   * @returns a state at the beginning of the text, for one generation only; null for free text
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
    const [root = '', ...rules] = grammar.split('\n');
    if (!root.endsWith(newlinesAtTheEnd)) return await llama.createGrammar({ grammar });
    return await llama.createGrammar({ grammar: [root.slice(0, -newlinesAtTheEnd.length), ...rules].join('\n') });
  }
}
