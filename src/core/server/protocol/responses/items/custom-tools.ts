import { ChatstreamError } from '../../../../base/errors.js';
import { isRecord } from '../../../../base/json.js';
import type { FlatTool } from '../../../schemas/responses/response-requests.js';

/**
 * A custom tool takes a text instead of JSON. Chat templates have nothing like it, so the model gets a function with
 * one parameter, and {@link CustomInput} extracts the text from the arguments of its calls.
 *
 * @param param the parameter that has the tool
 * @throws ChatstreamError `invalid_request` for a format that is not known
 */
export function functionOfCustom(tool: FlatTool, param: string): FlatTool {
  const { name, description, format } = tool;
  const rules = formatRules(format, param);
  const input = { type: 'string', description: 'The whole input of the tool, as plain text.', ...rules.schema };
  return {
    type: 'function',
    ...(name !== undefined && { name }),
    description: [description ?? '', rules.note].filter((text) => text !== '').join('\n\n'),
    parameters: { type: 'object', properties: { input }, required: ['input'], additionalProperties: false },
    strict: true,
  };
}

interface FormatRules {
  /** The description for the model. */
  readonly note: string;
  /** The part of it that a grammar enforces. */
  readonly schema: { readonly pattern?: string };
}

function formatRules(format: FlatTool['format'], param: string): FormatRules {
  if (format === undefined || format === null || format.type === 'text') return { note: '', schema: {} };
  const { type, syntax, definition } = format;
  if (type === 'grammar' && typeof definition === 'string') {
    // There is no compiler for Lark here: the model is told the grammar, as OpenAI does.
    if (syntax === 'lark') return { note: `The input must follow this Lark grammar:\n${definition}`, schema: {} };
    if (syntax === 'regex') {
      const note = `The input must match this regular expression: ${definition}`;
      return { note, schema: { pattern: `^(?:${definition})$` } };
    }
  }
  throw new ChatstreamError('invalid_request', `The format of "${param}" is not known.`, {
    param: `${param}.format`,
    hint: 'Use {"type": "text"}, or {"type": "grammar", "syntax": "lark" or "regex", "definition": "…"}.',
  });
}

/** The arguments of a function that was made from a custom tool. */
export function customArguments(input: string): string {
  return JSON.stringify({ input });
}

const beginning = /^\s*\{\s*"input"\s*:\s*"/;

/** Whole characters of a JSON string, but no half of an escaped surrogate pair at the end. */
const wholeCharacters =
  /^(?:[^"\\]|\\(?:["\\/bfnrt]|u(?![dD][89abAB])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}(?=[^\\]|\\[^u]|\\u[0-9a-fA-F]{4})))*/;

/** Reads the text that a model writes for a custom tool, while its arguments come in pieces. */
export class CustomInput {
  /** What was not given out yet. */
  #rest = '';
  #status: 'before' | 'within' | 'after' = 'before';

  /** @returns the next piece of the text; may be empty */
  push(piece: string): string {
    if (this.#status === 'after') return '';
    this.#rest += piece;
    if (this.#status === 'before') {
      const begun = beginning.exec(this.#rest);
      if (begun === null) return '';
      this.#rest = this.#rest.slice(begun[0].length);
      this.#status = 'within';
    }
    const whole = wholeCharacters.exec(this.#rest)?.[0] ?? '';
    this.#rest = this.#rest.slice(whole.length);
    if (this.#rest.startsWith('"')) this.#status = 'after';
    return unescaped(whole);
  }

  /** Ends the arguments. @returns the rest of the text: arguments of another form as they are */
  end(): string {
    if (this.#status !== 'before' || this.#rest === '') return '';
    try {
      const value: unknown = JSON.parse(this.#rest);
      const input = isRecord(value) ? value['input'] : undefined;
      return typeof input === 'string' ? input : this.#rest;
    } catch {
      // A call that was cut off before its text began has no input.
      return beginsLikeArguments(this.#rest) ? '' : this.#rest;
    }
  }
}

function beginsLikeArguments(text: string): boolean {
  return '{"input":"'.startsWith(text.replaceAll(/\s/g, ''));
}

function unescaped(json: string): string {
  const text: unknown = JSON.parse(`"${json.replaceAll(/\p{Cc}/gu, escaped)}"`);
  return typeof text === 'string' ? text : '';
}

function escaped(control: string): string {
  return JSON.stringify(control).slice(1, -1);
}
