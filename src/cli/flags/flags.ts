import { isIPv4, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { Flags, type Interfaces } from '@oclif/core';
import { ChatstreamError } from '../../core/base/errors.js';
import { parseBytes, parseDuration } from '../../core/base/units.js';
import { type Lengths, parseLengths } from '../../core/measurement/workload/lengths.js';

/** A duration such as `250ms`, `10s` or `2m`; its value is in milliseconds. */
export const durationFlag = Flags.custom<number>({
  parse: (input) => Promise.resolve(parseDuration(input)),
});

/** `auto`, or a size such as `512MiB`; its value is in bytes. */
export const autoOrBytesFlag = Flags.custom<number | 'auto'>({
  parse: (input) => Promise.resolve(input === 'auto' ? ('auto' as const) : parseBytes(input)),
});

/** A size of at least `min` bytes, such as `32MiB`; without a unit, it is in bytes. */
export const bytesFlag = Flags.custom<number, { min: number }>({
  parse: (input, _context, { min }) => {
    const bytes = /^\d+$/.test(input) ? Number(input) : parseBytes(input);
    if (bytes >= min) return Promise.resolve(bytes);
    throw new ChatstreamError('usage', `"${input}" is not a size of at least ${min} bytes.`);
  },
});

/** `auto`, or a whole number of at least `min`, and at most `max` where there is one. */
export const autoOrIntegerFlag = Flags.custom<number | 'auto', { min: number; max?: number }>({
  parse: (input, _context, { min, max = Number.MAX_SAFE_INTEGER }) => {
    if (input === 'auto') return Promise.resolve('auto' as const);
    const value = /^\d+$/.test(input) ? Number(input) : NaN;
    if (value >= min && value <= max) return Promise.resolve(value);
    const limits = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new ChatstreamError('usage', `"${input}" is neither auto nor a whole number ${limits}.`);
  },
});

/** Whole numbers of at least 1, separated by commas; sorted, and without duplicates. */
export const integersFlag = Flags.custom<readonly number[]>({
  parse: (input) => Promise.resolve(parseIntegers(input)),
});

function parseIntegers(text: string): readonly number[] {
  const values = text.split(',').map((each) => (/^\s*\d+\s*$/.test(each) ? Number(each) : NaN));
  if (values.every((value) => Number.isSafeInteger(value) && value >= 1)) {
    return [...new Set(values)].sort((a, b) => a - b);
  }
  throw new ChatstreamError('usage', `"${text}" is not a list of whole numbers of at least 1.`, {
    hint: 'Write one number, or several separated by commas: 1,2,4,8.',
  });
}

/** A number of trials, or a range of them. */
export interface Trials {
  readonly least: number;
  readonly most: number;
}

const mostTrials = 1000;

/** With fewer, their spread cannot be determined. */
const leastToGrowFrom = 3;

/** `5`, or `3..20`: at least 3, as many as the gate needs, at most 20. */
export const trialsFlag = Flags.custom<Trials>({
  parse: (input) => Promise.resolve(parseTrials(input)),
});

function parseTrials(text: string): Trials {
  const [, first = '', second] = /^\s*(\d+)(?:\s*\.\.\s*(\d+))?\s*$/.exec(text) ?? [];
  const least = Number(first);
  const most = Number(second ?? first);
  const isFixed = second === undefined;
  if (first !== '' && least >= (isFixed ? 1 : leastToGrowFrom) && least <= most && most <= mostTrials)
    return { least, most };
  throw new ChatstreamError('usage', `"${text}" is not a number of trials.`, {
    hint: `Write a number from 1 to ${mostTrials}, or from how many to how many (3..20), beginning with at least ${leastToGrowFrom}.`,
  });
}

/** Numbers above 0, separated by commas; sorted, and without duplicates. */
export const positiveNumbersFlag = Flags.custom<readonly number[]>({
  parse: (input) => Promise.resolve(parsePositiveNumbers(input)),
});

/** @throws ChatstreamError `usage` */
function parsePositiveNumbers(text: string): readonly number[] {
  const values = text.split(',').map(positiveNumberIn);
  if (values.every((value) => value !== null)) return [...new Set(values)].sort((a, b) => a - b);
  throw new ChatstreamError('usage', `"${text}" is not a number above 0.`, {
    hint: 'Write one number, or several separated by commas: 0.5,1,2,4.',
  });
}

function positiveNumberIn(text: string): number | null {
  const value = /^\s*\d*\.?\d+\s*$/.test(text) ? Number(text) : 0;
  return value > 0 && Number.isFinite(value) ? value : null;
}

/** A number above 0. */
export const positiveNumberFlag = Flags.custom<number>({
  parse: (input) => Promise.resolve(parsePositiveNumber(input)),
});

function parsePositiveNumber(text: string): number {
  const value = positiveNumberIn(text);
  if (value !== null) return value;
  throw new ChatstreamError('usage', `"${text}" is not a single number above 0.`, {
    hint: 'Write it with digits, such as 0.5 or 2.',
  });
}

/** How close a search comes to a limit: 1 to 50 %. Its value is a share. */
export const precisionFlag = Flags.custom<number>({
  parse: (input) => Promise.resolve(parsePrecision(input)),
});

/** The number of requests grows with the square of the precision. */
const timeForPrecision =
  'With the usual duration, a search takes some 5 minutes to come within 5 % of the limit; for 1 %, it would take 2 hours, and for 0.1 %, 9 days.';

const neverExact =
  'No search finds a limit exactly. Write it as 5%, which takes some 5 minutes with the usual duration, or as 1%, which takes some 2 hours.';

function parsePrecision(text: string): number {
  const [, number = ''] = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text) ?? [];
  const share = Number(number) / 100;
  if (number !== '' && share >= 0.01 && share <= 0.5) return share;
  throw new ChatstreamError('usage', `"${text}" is not a percentage from 1 % to 50 %.`, {
    hint: precisionHint(number === '' ? null : share),
  });
}

/** @param share null for text that is not a percentage */
function precisionHint(share: number | null): string {
  if (share === 0) return neverExact;
  return share !== null && share < 0.01 ? timeForPrecision : 'Write it as 5%.';
}

/** A number of tokens or a distribution of numbers: `64`, `64±16`, `32-128`. */
export const lengthsFlag = Flags.custom<Lengths>({
  parse: (input) => Promise.resolve(parseLengths(input)),
});

/** A number of messages in a conversation, or a distribution of numbers: `5`, `5±2`, `3-8`. */
export const turnsFlag = Flags.custom<Lengths>({
  parse: (input) => Promise.resolve(parseLengths(input, 'messages')),
});

/** A flag that may be repeated. Read it with {@link valuesOf}. */
export const repeatableFlag = Flags.custom<readonly string[]>({
  multiple: true,
  multipleNonGreedy: true,
  parse: (input) => Promise.resolve([input]),
});

/** A flag that may be repeated, and takes several values with commas between them. Read it with {@link valuesOf}. */
export const listFlag = Flags.custom<readonly string[]>({
  multiple: true,
  multipleNonGreedy: true,
  parse: (input) => Promise.resolve(listedIn(input)),
});

function listedIn(text: string): readonly string[] {
  return text.split(/(?<!\\),/).map((value) => value.replaceAll('\\,', ',').trim());
}

/**
 * The same for values that are checked when they are parsed, so that the error about a wrong one names the flag.
 *
 * @param check throws a ChatstreamError for a wrong value
 */
export function checkedListFlag(check: (value: string) => unknown): typeof listFlag {
  return Flags.custom<readonly string[]>({
    multiple: true,
    multipleNonGreedy: true,
    parse: (input) => {
      const values = listedIn(input);
      for (const value of values) check(value);
      return Promise.resolve(values);
    },
  });
}

/** The same for addresses and networks: `10.0.0.7`, `fd00::/8`. Read it with {@link valuesOf}. */
export const networksFlag = Flags.custom<readonly string[]>({
  multiple: true,
  multipleNonGreedy: true,
  parse: (input) => Promise.resolve(input.split(',').map((each) => parseNetwork(each.trim()))),
});

/** @throws ChatstreamError `usage` */
function parseNetwork(text: string): string {
  const [address = '', bits = '0', ...more] = text.split('/');
  const most = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (/^\d{1,3}$/.test(bits) && Number(bits) <= most && more.length === 0) return text;
  throw new ChatstreamError('usage', `"${text}" is neither an address nor a network.`, {
    hint: 'Write it as 10.0.0.7, 10.0.0.0/8 or fd00::/8.',
  });
}

/**
 * The values of a repeatable flag. oclif makes a list of the lists that its parser returns, but for a flag that is set by
 * an environment variable it returns the parser's one list as it is; `flat` makes both the same.
 */
export function valuesOf(given: readonly (readonly string[])[] | undefined): readonly string[] {
  return (given ?? []).flat();
}

interface Default<T> {
  readonly default: T;
  readonly defaultHelp: () => Promise<string>;
}

/**
 * A default in the form in which it would be typed, such as `60s`: --help shows the text, and the value is parsed from
 * it.
 */
function typedDefault<T>(parse: (text: string) => T): (text: string) => Default<T> {
  return (text) => ({ default: parse(text), defaultHelp: () => Promise.resolve(text) });
}

export const defaultDuration = typedDefault(parseDuration);

export const defaultBytes = typedDefault(parseBytes);

export const defaultIntegers = typedDefault(parseIntegers);

export const defaultNumber = typedDefault(parsePositiveNumber);

export const defaultPrecision = typedDefault(parsePrecision);

export const defaultLengths = typedDefault(parseLengths);

export const defaultTrials = typedDefault(parseTrials);

/** Shown by --help where the default depends on something else. The flag then has no value. */
export function defaultInWords(words: string): Pick<Default<never>, 'defaultHelp'> {
  return { defaultHelp: () => Promise.resolve(words) };
}

/**
 * Lets every flag be set by an environment variable as well: `--max-queue` reads `CHATSTREAM_MAX_QUEUE`. A flag that
 * means something else in another command has its own variable with the command's name in it, such as
 * `CHATSTREAM_BENCH_MAX_CONCURRENCY`, so that a variable that is set for one command does not change the other.
 */
export function fromEnvironment<T extends Interfaces.FlagInput>(flags: T): T {
  for (const [name, flag] of Object.entries(flags)) {
    flag.env ??= variableOf(name);
  }
  return flags;
}

/** The environment variable of a flag that does not define its own. */
export function variableOf(name: string): string {
  return `CHATSTREAM_${name.replaceAll('-', '_').toUpperCase()}`;
}

/** Where the values of flags come from. */
export interface FlagOrigins {
  /** From the command line. */
  readonly isTyped: (name: string) => boolean;
  /** From the command line or from the environment, rather than from the default. */
  readonly isGiven: (name: string) => boolean;
}

/** @param parsed what `Command.parse` returns */
export function flagOrigins({ raw, metadata }: Pick<Interfaces.ParserOutput, 'raw' | 'metadata'>): FlagOrigins {
  return {
    isTyped: (name) => raw.some((token) => token.type === 'flag' && token.flag === name),
    isGiven: (name) => metadata.flags[name]?.setFromDefault !== true,
  };
}

/**
 * Checks the files that a command is asked to write.
 *
 * @param read the files that it reads
 * @throws ChatstreamError `usage` if one would be written twice, or would overwrite one that is read
 */
export function checkFilesApart(written: readonly string[], read: readonly (string | undefined)[]): void {
  const taken = new Map(
    read.filter((path) => path !== undefined).map((path) => [resolve(path), 'would overwrite an input file']),
  );
  for (const path of written) {
    const problem = taken.get(resolve(path));
    if (problem !== undefined) {
      throw new ChatstreamError('usage', `Writing to ${path} ${problem}.`, {
        hint: 'Give every file a different name.',
      });
    }
    taken.set(resolve(path), 'twice would leave only one of the two');
  }
}
