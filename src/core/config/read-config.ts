import { readFile } from 'node:fs/promises';
import { Value } from 'typebox/value';
import { ChatstreamError } from '../base/errors.js';
import { readProblem } from '../base/files/file-errors.js';
import { near } from '../base/mistakes/near.js';
import { allErrors, settingsErrors } from '../base/mistakes/settings-error.js';
import { parseYaml } from '../base/mistakes/yaml.js';
import { noKey } from '../scheduler/jobs/demand.js';
import { trafficClasses, usualClass } from '../scheduler/jobs/traffic-class.js';
import type { Access } from './access.js';
import { configSchema, type WireAnonymous, type WireClasses, type WireKey } from './config-schema.js';
import { digestOf, type KeySettings } from './key-settings.js';

/** The value of a flag in the file: a list for a repeatable flag. */
export type FlagValue = string | readonly string[] | boolean;

/** The contents of a configuration file. */
export interface Config extends Access {
  /** By the names of flags without dashes. The command checks whether these flags exist. */
  readonly flags: ReadonlyMap<string, FlagValue>;
}

/**
 * @param knownFlags the flags that it may set; any if left out
 * @throws ChatstreamError `usage` that names the file, and where in it something is wrong
 */
export async function readConfig(path: string, knownFlags?: readonly string[]): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', readProblem('configuration file', path, error), { cause: error });
  });
  return parseConfig(text, path, knownFlags);
}

/**
 * The same from a text.
 *
 * @param name of the file, for messages
 */
export function parseConfig(text: string, name: string, knownFlags?: readonly string[]): Config {
  const value = parseYaml(text, name, 'Write one "name: value" in each line, and keys under "keys:".');
  const unknown = unknownFlags(value, knownFlags);
  if (!Value.Check(configSchema, value) || unknown.length > 0) {
    const errors = allErrors(configSchema, value).filter(
      ({ instancePath }) => !unknown.includes(instancePath.slice(1)),
    );
    const others = unknown.map((each) => flagProblem(each, knownFlags));
    throw settingsErrors(name, errors, configSchema, 'docs/fairness.md describes the settings.', others);
  }
  const { keys: given = [], anonymous, classes = {}, ...flags } = value;
  // The tools of some systems write digests in upper case.
  const keys = given.map((key) => ({ ...key, sha256: key.sha256.toLowerCase() }));
  checkApart(keys, name);
  checkReserves(keys, name);
  checkSendable(keys, name);
  return {
    keys: keys.map((key) => ({ name: key.name, digest: Buffer.from(key.sha256, 'hex'), ...settingsOf(key) })),
    anonymous: anonymous === undefined ? null : { name: noKey, digest: Buffer.alloc(0), ...settingsOf(anonymous) },
    classReserves: classReservesOf(classes),
    flags: new Map(Object.entries(flags).map(([flag, given]) => [flag, valueOf(given)])),
  };
}

function unknownFlags(value: object, known: readonly string[] | undefined): readonly string[] {
  if (known === undefined) return [];
  const others = new Set([...known, ...Object.keys(configSchema.properties)]);
  return Object.keys(value).filter((name) => !others.has(name));
}

function flagProblem(name: string, known: readonly string[] = []): string {
  const meant = near(name, [...known, ...Object.keys(configSchema.properties)]);
  return `"${name}" is neither a setting nor a flag that the file can set.${meant === null ? '' : ` Did you mean ${meant}?`}`;
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
        hint: 'The file is not used until this is corrected.',
      });
    names.add(name);
    digests.set(sha256, name);
  }
}

const emptyKey = digestOf('').toString('hex');

/** A digest of nothing comes from an empty variable or pipe. */
function checkSendable(keys: readonly WireKey[], file: string): void {
  const empty = keys.find(({ sha256 }) => sha256 === emptyKey);
  if (empty === undefined) return;
  throw new ChatstreamError('usage', `${file}: The sha256 of "${empty.name}" is that of an empty key.`, {
    hint: 'No client could send it. Make another entry with chatstream keys new.',
  });
}

/** A key must be able to use what it reserves. */
function checkReserves(keys: readonly WireKey[], file: string): void {
  for (const { name, reserve = 0, limits, role, 'user-header': userHeader } of keys) {
    if (reserve > 0 && userHeader !== undefined) {
      throw new ChatstreamError('usage', `${file}: "${name}" has a reserve and a user-header.`, {
        hint: 'Each of its users would need a reserve. Leave out one of the two, or reserve slots for a class.',
      });
    }
    if (reserve > 0 && role === 'observer') {
      throw new ChatstreamError(
        'usage',
        `${file}: "${name}" is an observer, which cannot generate, but has a reserve.`,
        {
          hint: 'Leave out the reserve, or give the key another role.',
        },
      );
    }
    if (reserve <= (limits?.running ?? Infinity)) continue;
    throw new ChatstreamError('usage', `${file}: The reserve of "${name}" is greater than its limit "running".`, {
      hint: 'Lower the reserve, or raise the limit.',
    });
  }
}

function classReservesOf(classes: WireClasses): Access['classReserves'] {
  return new Map(
    trafficClasses.flatMap((each) => {
      const reserve = classes[each]?.reserve;
      return reserve === undefined ? [] : [[each, reserve] as const];
    }),
  );
}

function settingsOf(wire: Omit<WireKey, 'name' | 'sha256'> | WireAnonymous): Omit<KeySettings, 'name' | 'digest'> {
  const { class: trafficClass, share, role, limits, models } = wire;
  const reserve = 'reserve' in wire ? wire.reserve : undefined;
  const userHeader = 'user-header' in wire ? wire['user-header'].toLowerCase() : undefined;
  return {
    trafficClass: trafficClass ?? usualClass,
    role: role ?? 'user',
    terms: {
      ...{ share: share ?? 1, maxRunning: limits?.running ?? null, maxWaiting: limits?.waiting ?? null },
      ...(reserve !== undefined && { reserve }),
    },
    rates: {
      requestsPerMinute: limits?.['requests-per-minute'] ?? null,
      tokensPerMinute: limits?.['tokens-per-minute'] ?? null,
      tokensPerDay: limits?.['tokens-per-day'] ?? null,
    },
    ...(userHeader !== undefined && { userHeader }),
    ...(models !== undefined && { models }),
  };
}

function valueOf(given: unknown): FlagValue {
  if (typeof given === 'boolean') return given;
  return Array.isArray(given) ? given.map(String) : String(given);
}
