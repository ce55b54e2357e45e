import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError } from '../base/errors.js';

/** Parameters of a request besides its messages, under the names of OpenAI and most servers. */
export type Parameters = Readonly<Record<string, unknown>>;

const text = Compile(Type.String());
const amount = Compile(Type.Number());
const whole = Compile(Type.Integer());
const texts = Compile(Type.Union([Type.String(), Type.Array(Type.String())]));
const object = Compile(Type.Record(Type.String(), Type.Unknown()));

/** The ranges are not checked, because they differ from server to server. */
const kinds = {
  temperature: { check: amount, words: 'a number' },
  top_p: { check: amount, words: 'a number' },
  top_k: { check: whole, words: 'a whole number' },
  min_p: { check: amount, words: 'a number' },
  max_tokens: { check: whole, words: 'a whole number' },
  seed: { check: whole, words: 'a whole number' },
  stop: { check: texts, words: 'a text, or a JSON array of texts' },
  presence_penalty: { check: amount, words: 'a number' },
  frequency_penalty: { check: amount, words: 'a number' },
  repeat_penalty: { check: amount, words: 'a number' },
  reasoning_effort: { check: text, words: 'a text' },
  response_format: { check: object, words: 'a JSON object' },
  chat_template_kwargs: { check: object, words: 'a JSON object' },
  priority: { check: text, words: 'a text' },
} as const;

type ParameterName = keyof typeof kinds;

/** The names that can be set. */
const parameterNames: readonly string[] = Object.keys(kinds);

/**
 * Reads the value of a parameter as people write it.
 *
 * @param written JSON, or a text without quotation marks
 * @throws ChatstreamError `usage` if the parameter does not exist, or does not take this value
 */
export function readParameter(name: string, written: string): unknown {
  if (!isParameterName(name)) {
    throw new ChatstreamError('usage', `There is no parameter "${name}".`, {
      hint: `These can be set: ${parameterNames.join(', ')}.`,
    });
  }
  const value = jsonOr(written);
  const { check, words } = kinds[name];
  // A text that happens to be JSON, such as a stop string of "1", is meant as a text.
  const read = [value, written].find((candidate) => check.Check(candidate));
  if (read === undefined) throw new ChatstreamError('usage', `${name} is ${words}, not ${written}.`);
  return read;
}

function isParameterName(name: string): name is ParameterName {
  return Object.hasOwn(kinds, name);
}

function jsonOr(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return undefined;
  }
}
