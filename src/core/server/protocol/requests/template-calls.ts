import { isRecord, jsonSize } from '../../../base/json.js';
import type { JsonObject } from '../../../engine/engine.js';
import { deepest } from './refused-parameters.js';

/** A call of a function, as the wire has it. */
export interface FunctionCall {
  readonly id?: string | null | undefined;
  readonly function: { readonly name: string; readonly arguments: string | object };
}

/**
 * Objects and lists, members of objects, and strings, that the arguments of all calls in a chat may have. A megabyte of them would take
 * 0.1 s to be read, and the template gets each one by one.
 */
const most = { containers: 20_000, members: 20_000, strings: 50_000, levels: deepest };

/**
 * Reads the calls of one chat, with their arguments as objects, which templates expect. Anything that is not an object
 * stays text, and so does anything with too many parts or levels: a model may have written it itself, in a conversation
 * that has to continue.
 */
export function callReader(): (call: FunctionCall) => JsonObject {
  const left = { ...most };
  const argumentsOf = (text: string): object | null => {
    if (text === '') return {};
    const { containers, members, strings, levels } = jsonSize(text, left);
    const fits = containers <= left.containers && members <= left.members && strings <= left.strings;
    if (!fits || levels > left.levels) return null;
    left.containers -= containers;
    left.members -= members;
    left.strings -= strings;
    return parsedObject(text);
  };
  return ({ id, function: { name, arguments: given } }) => {
    const called = { name, arguments: typeof given === 'string' ? (argumentsOf(given) ?? given) : given };
    // Written out for the sake of speed: a body may have 23,000 calls.
    return id === undefined || id === null
      ? { type: 'function', function: called }
      : { id, type: 'function', function: called };
  };
}

function parsedObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
