import type { TSchema } from 'typebox';
import type { TLocalizedValidationError } from 'typebox/error';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../errors.js';
import { isRecord, member } from '../json.js';
import { near } from './near.js';
import { notValid, requirement } from './requirements.js';
import { placeOf } from './wrong-value.js';

/** What is wrong with one value: a value that may have several types has an error for each of them. */
type ErrorsOfValue = readonly TLocalizedValidationError[];

function errorOf(name: string, errors: ErrorsOfValue, schema: object, usualHint: string): ChatstreamError {
  const { problem, hint } = problemOf(errors, schema, usualHint);
  return new ChatstreamError('usage', `${name}: ${placeOf(errors[0]?.instancePath ?? '')} ${problem}.`, { hint });
}

/**
 * Everything that is wrong with a file of settings, and what to do. It names the settings and never quotes their
 * values, which may be keys.
 *
 * @param name of the file
 * @param usualHint where the settings are described
 * @param schema of the file: unknown names are compared with those in it, and the `patternErrorMessage` of a pattern,
 *   which editors show too, says what it means
 * @param others sentences about mistakes that the schema cannot find
 */
export function settingsErrors(
  name: string,
  errors: readonly TLocalizedValidationError[],
  schema: object,
  usualHint: string,
  others: readonly string[] = [],
): ChatstreamError {
  const places = new Map<string, TLocalizedValidationError[]>();
  for (const error of errors) {
    // It only says that something inside is wrong, for which there is another error.
    if (error.keyword === 'additionalProperties' || error.keyword === 'anyOf') continue;
    const key = error.keyword === 'required' ? `${error.instancePath} required` : error.instancePath;
    const known = places.get(key);
    if (known === undefined) places.set(key, [error]);
    else known.push(error);
  }
  const found = [...places.values()];
  const [only] = found;
  if (only !== undefined && found.length === 1 && others.length === 0) {
    const meant = nameMeant(only[0], schema);
    const error = errorOf(name, only, schema, usualHint);
    return meant === null ? error : new ChatstreamError('usage', error.message, { hint: `Did you mean ${meant}?` });
  }
  const sentences = found.map((each) => {
    const meant = nameMeant(each[0], schema);
    return `${placeOf(each[0]?.instancePath ?? '')} ${problemOf(each, schema, usualHint).problem}.${meant === null ? '' : ` Did you mean ${meant}?`}`;
  });
  const all = [...sentences, ...others];
  const [first, ...more] = all;
  const message =
    more.length === 0 ? `${name}: ${first ?? ''}` : [`${name} has ${all.length} mistakes:`, ...all].join('\n  ');
  return new ChatstreamError('usage', message, { hint: usualHint });
}

/** The library stops after a few errors, and the value of one flag can have six. */
export function allErrors(schema: TSchema, value: unknown): readonly TLocalizedValidationError[] {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: mostErrors });
  try {
    return Value.Errors(schema, value);
  } finally {
    Settings.Set({ maxErrors });
  }
}

const mostErrors = 1000;

/** For a setting that does not exist. */
function nameMeant(error: TLocalizedValidationError | undefined, schema: object): string | null {
  if (error?.keyword !== 'boolean') return null;
  const path = stepsOf(error);
  const typed = path.pop() ?? '';
  const known = member(partOf(schema, path), 'properties');
  return isRecord(known) ? near(typed, Object.keys(known)) : null;
}

function stepsOf(error: TLocalizedValidationError): string[] {
  return error.instancePath.slice(1).split('/');
}

/** What a schema says about the value at a path. */
function partOf(schema: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, step) => (/^\d+$/.test(step) ? member(at, 'items') : member(member(at, 'properties'), step)),
    schema,
  );
}

function problemOf(
  errors: ErrorsOfValue,
  schema: object,
  usualHint: string,
): { readonly problem: string; readonly hint: string } {
  const [error] = errors;
  if (error === undefined) return { problem: 'is wrong', hint: usualHint };
  if (error.keyword === 'boolean') return { problem: 'is not a setting', hint: `Is its name misspelt? ${usualHint}` };
  if (error.keyword === 'required') {
    return { problem: `needs ${error.params.requiredProperties.join(' and ')}`, hint: usualHint };
  }
  if (error.keyword === 'enum') {
    return { problem: `must be one of ${error.params.allowedValues.join(', ')}`, hint: usualHint };
  }
  if (error.keyword === 'pattern') {
    const meaning = member(partOf(schema, stepsOf(error)), 'patternErrorMessage');
    if (typeof meaning === 'string') return { problem: meaning, hint: usualHint };
  }
  return { problem: requirement(error, errors) ?? notValid, hint: usualHint };
}
