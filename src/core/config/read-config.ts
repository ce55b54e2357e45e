import { readFile } from 'node:fs/promises';
import { Value } from 'typebox/value';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { settingsError } from '../base/settings-error.js';
import { parseYaml } from '../base/yaml.js';
import { noKey } from '../scheduler/demand.js';
import { usualClass } from '../scheduler/traffic-class.js';
import { configSchema, type WireKey } from './config-schema.js';
import type { KeySettings } from './key-settings.js';

/** A value of a flag as the file has it: a list for a flag that is repeatable. */
export type FlagValue = string | readonly string[] | boolean;

/** What a configuration file says. */
export interface Config {
  readonly keys: readonly KeySettings[];
  /** By the names of flags without dashes. Whether there are such flags is for the command to say. */
  readonly flags: ReadonlyMap<string, FlagValue>;
}

/** @throws ChatstreamError `usage` that names the file, and where in it something is wrong */
export async function readConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', `${path} cannot be read: ${messageOf(error)}.`, { cause: error });
  });
  return parseConfig(text, path);
}

/**
 * The same from a text.
 *
 * @param name of the file, for messages
 */
export function parseConfig(text: string, name: string): Config {
  const value = parseYaml(text, name, 'Write one "name: value" in each line, and keys under "keys:".');
  if (!Value.Check(configSchema, value)) {
    throw settingsError(name, Value.Errors(configSchema, value)[0], 'docs/fairness.md describes the settings.');
  }
  const { keys = [], ...flags } = value;
  checkApart(keys, name);
  return {
    keys: keys.map(settingsOf),
    flags: new Map(Object.entries(flags).map(([flag, given]) => [flag, valueOf(given)])),
  };
}

function checkApart(keys: readonly WireKey[], file: string): void {
  const names = new Set<string>();
  const digests = new Map<string, string>();
  for (const { name, sha256 } of keys) {
    const twin = digests.get(sha256);
    const isReserved = name === noKey || /^api-key-\d+$/.test(name);
    const problem = names.has(name)
      ? `There are two keys with the name "${name}"`
      : isReserved
        ? `The name "${name}" is taken by the server itself`
        : twin === undefined
          ? null
          : `"${twin}" and "${name}" are the same key`;
    if (problem !== null)
      throw new ChatstreamError('usage', `${file}: ${problem}.`, {
        hint: 'Nothing of the file is used until that is right.',
      });
    names.add(name);
    digests.set(sha256, name);
  }
}

function settingsOf({ name, sha256, class: trafficClass, share, role, limits, models }: WireKey): KeySettings {
  return {
    name,
    digest: Buffer.from(sha256, 'hex'),
    trafficClass: trafficClass ?? usualClass,
    role: role ?? 'user',
    terms: { share: share ?? 1, maxRunning: limits?.running ?? null, maxWaiting: limits?.waiting ?? null },
    rates: {
      requestsPerMinute: limits?.['requests-per-minute'] ?? null,
      tokensPerMinute: limits?.['tokens-per-minute'] ?? null,
      tokensPerDay: limits?.['tokens-per-day'] ?? null,
    },
    ...(models !== undefined && { models }),
  };
}

function valueOf(given: unknown): FlagValue {
  if (typeof given === 'boolean') return given;
  return Array.isArray(given) ? given.map(String) : String(given);
}
