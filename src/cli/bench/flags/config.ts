import { readFile } from 'node:fs/promises';
import type { Interfaces } from '@oclif/core';
import { ChatstreamError } from '../../../core/base/errors.js';
import { readProblem } from '../../../core/base/files/file-errors.js';
import { isRecord } from '../../../core/base/json.js';
import { parseYaml } from '../../../core/base/mistakes/yaml.js';
import type { FlagValue } from '../../../core/config/read-config.js';

/** Flags of bench that a file cannot set. */
const notInFiles: readonly string[] = ['config', 'json', 'log-level'];

/**
 * Reads the file of `bench --config`, which holds values for flags. Errors never quote a value, because it may be a
 * key.
 *
 * @throws ChatstreamError `usage`
 */
export async function readBenchConfig(path: string): Promise<ReadonlyMap<string, FlagValue>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', readProblem('configuration file', path, error), { cause: error });
  });
  const values = parseYaml(text, path, 'Write one "name: value" in each line, with the names of flags without dashes.');
  return new Map(Object.entries(values).map(([name, value]) => [name, valueOf(name, value, path)]));
}

function valueOf(name: string, value: unknown, path: string): FlagValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value) && value.every((each) => typeof each === 'string' || typeof each === 'number')) {
    return value.map(String);
  }
  // Parameters of requests are easier to read as YAML than as JSON in quotes.
  if (name === 'extra-body' && isRecord(value)) return JSON.stringify(value);
  throw new ChatstreamError('usage', `${path}: ${name} is not a value of a flag.`, {
    hint: 'Write a text, a number, true or false, or a list of texts or numbers.',
  });
}

/** A list for a flag that takes several values in one, such as `-c 1,2,4`: `concurrency: [1, 2, 4]`. */
export function joinedLists(
  values: ReadonlyMap<string, FlagValue>,
  known: Interfaces.FlagInput,
): ReadonlyMap<string, FlagValue> {
  return new Map(
    Array.from(values, ([name, value]) => {
      const flag = known[name];
      const isOne = flag?.type === 'option' && flag.multiple !== true;
      return [name, typeof value === 'object' && isOne ? value.join(',') : value];
    }),
  );
}

/** The JSON Schema of such a file, from the flags themselves. */
export function benchConfigSchema(flags: Interfaces.FlagInput): object {
  const names = Object.keys(flags).filter((name) => !notInFiles.includes(name));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of chatstream bench',
    description: 'Any flag of chatstream bench without its dashes.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(names.map((name) => [name, propertyOf(name, flags[name])])),
  };
}

function propertyOf(name: string, flag: Interfaces.FlagInput[string] | undefined): object {
  const description = flag?.summary;
  if (flag?.type === 'boolean') return { type: 'boolean', description };
  if (flag?.type === 'option' && flag.options !== undefined) return { enum: flag.options, description };
  const one = ['string', 'number'];
  if (name === 'extra-body') return { type: ['string', 'object'], description };
  return { anyOf: [{ type: one }, { type: 'array', items: { type: one } }], description };
}
