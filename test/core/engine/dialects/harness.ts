import { expect } from 'vitest';
import { type AnswerPart, mergedParts } from '../../../../src/core/engine/dialects/answer.js';
import type { CallSyntax, Dialect } from '../../../../src/core/engine/dialects/dialect.js';
import { AnswerReader } from '../../../../src/core/engine/dialects/reading/answer-reader.js';
import { type AnswerDemand, answerGrammar } from '../../../../src/core/engine/dialects/rules/answer-grammar.js';
import type { CallDemand, Tool } from '../../../../src/core/engine/output-format.js';
import { GrammarMatcher } from '../../../support/grammar/matcher.js';

export const weather: Tool = {
  name: 'get_weather',
  parameters: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      unit: { enum: ['celsius', 'fahrenheit'] },
      days: { type: 'integer', minimum: 1, maximum: 14 },
    },
    required: ['city'],
    additionalProperties: false,
  },
  isStrict: true,
};

export const add: Tool = {
  name: 'add',
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' }, notes: { type: 'array', items: { type: 'string' } } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
  isStrict: true,
};

/** A function without parameters. */
const now: Tool = { name: 'now', isStrict: true };

export const tools = [weather, add, now];

export interface ReadCall {
  readonly name: string;
  /** As JSON.parse gives them; the text where it is no JSON. */
  readonly arguments: unknown;
}

export interface ReadAnswer {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly ReadCall[];
}

export interface ReadOptions {
  readonly tools?: readonly Tool[];
  readonly isThinking?: boolean;
}

/**
 * What a reader makes of an answer. It is read as a whole, cut at every position, and character by character, and has
 * to give the same each time.
 */
export function read(dialect: Dialect, text: string, options: ReadOptions = {}): ReadAnswer {
  const whole = readPieces(dialect, [text], options);
  for (let cut = 1; cut < text.length; cut += 1) {
    const pieces = [text.slice(0, cut), text.slice(cut)];
    expect(readPieces(dialect, pieces, options), JSON.stringify(pieces)).toEqual(whole);
  }
  expect(readPieces(dialect, Array.from(text), options), 'character by character').toEqual(whole);
  return answerOf(whole);
}

/** What a reader makes of an answer in these pieces. */
export function readCut(dialect: Dialect, pieces: readonly string[], options: ReadOptions = {}): ReadAnswer {
  return answerOf(readPieces(dialect, pieces, options));
}

/** The same without cuts. */
export function readWhole(dialect: Dialect, text: string, options: ReadOptions = {}): ReadAnswer {
  return answerOf(readPieces(dialect, [text], options));
}

function readPieces(dialect: Dialect, pieces: readonly string[], options: ReadOptions): readonly AnswerPart[] {
  const reader = new AnswerReader(dialect, { tools, isThinking: false, ...options });
  const parts = [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end('')];
  return merged(parts).map((part) => (part.type === 'call' ? { ...part, id: '' } : part));
}

export function merged(parts: readonly AnswerPart[]): readonly AnswerPart[] {
  return parts.reduce<readonly AnswerPart[]>((before, part) => {
    const last = before.at(-1);
    const one = last === undefined ? null : mergedParts(last, part);
    return one === null ? [...before, part] : [...before.slice(0, -1), one];
  }, []);
}

export function answerOf(parts: readonly AnswerPart[]): ReadAnswer {
  const calls: { name: string; text: string }[] = [];
  let content = '';
  let reasoning = '';
  for (const part of parts) {
    if (part.type === 'content') content += part.text;
    else if (part.type === 'reasoning') reasoning += part.text;
    else if (part.type === 'call') calls[part.index] = { name: part.name, text: '' };
    else if (part.type === 'arguments')
      calls[part.index] = { name: calls[part.index]?.name ?? '', text: (calls[part.index]?.text ?? '') + part.text };
  }
  return { content, reasoning, calls: calls.map(({ name, text }) => ({ name, arguments: parsed(text) })) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Any calls, or none. */
export const anyCalls: CallDemand = { tools, isRequired: false, isParallel: true };

const dialects = new WeakMap<CallSyntax, Dialect>();

/** Whether the grammar of a syntax allows an answer as a whole. */
export function accepts(calls: CallSyntax, text: string, demand: Partial<CallDemand> = {}): boolean {
  const dialect = dialects.get(calls) ?? { thoughts: null, calls };
  dialects.set(calls, dialect);
  return acceptsAnswer(dialect, text, { calls: { ...anyCalls, ...demand } });
}

/** Grammars take longer to compile than to follow. */
const matchers = new WeakMap<Dialect, Map<string, GrammarMatcher>>();

/** Whether the grammar of a dialect allows an answer as a whole. */
export function acceptsAnswer(dialect: Dialect, text: string, demand: Partial<AnswerDemand> = {}): boolean {
  const known = matchers.get(dialect) ?? new Map<string, GrammarMatcher>();
  matchers.set(dialect, known);
  const key = JSON.stringify(demand);
  const matcher = known.get(key) ?? matcherOf(dialect, demand);
  known.set(key, matcher);
  return matcher.match(text).accepted;
}

function matcherOf(dialect: Dialect, demand: Partial<AnswerDemand>): GrammarMatcher {
  const grammar = answerGrammar(dialect, { calls: anyCalls, format: { type: 'text' }, isThinking: false, ...demand });
  if (grammar === null) throw new Error('There is no grammar.');
  return new GrammarMatcher(grammar.rules);
}
