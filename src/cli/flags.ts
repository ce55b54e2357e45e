import { Flags, type Interfaces } from '@oclif/core';
import { parseDuration } from '../core/base/units.js';
import { ChatstreamError } from '../core/base/errors.js';
import { type Lengths, parseLengths } from '../core/measurement/lengths.js';

/** A duration such as `250ms`, `10s` or `2m`; its value is in milliseconds. */
export const durationFlag = Flags.custom<number>({
  parse: (input) => Promise.resolve(parseDuration(input)),
});

/** `auto`, or a whole number of at least `min`. */
export const autoOrIntegerFlag = Flags.custom<number | 'auto', { min: number }>({
  parse: (input, _context, { min }) => {
    if (input === 'auto') return Promise.resolve('auto' as const);
    const value = /^\d+$/.test(input) ? Number(input) : NaN;
    if (Number.isSafeInteger(value) && value >= min) return Promise.resolve(value);
    throw new ChatstreamError('usage', `"${input}" is neither auto nor a whole number of at least ${min}.`);
  },
});

/** Whole numbers of at least 1, separated by commas, in rising order and each once. */
export const integersFlag = Flags.custom<readonly number[]>({
  parse: (input) => {
    const values = input.split(',').map((each) => (/^\s*\d+\s*$/.test(each) ? Number(each) : NaN));
    if (values.every((value) => Number.isSafeInteger(value) && value >= 1)) {
      return Promise.resolve([...new Set(values)].sort((a, b) => a - b));
    }
    throw new ChatstreamError('usage', `"${input}" is not a list of whole numbers of at least 1.`, {
      hint: 'Write one number, or several with commas between them: 1,2,4,8.',
    });
  },
});

/** A number of tokens or a distribution of numbers: `64`, `64±16`, `32-128`. */
export const lengthsFlag = Flags.custom<Lengths>({
  parse: (input) => Promise.resolve(parseLengths(input)),
});

/** Lets every flag be set by an environment variable as well: `--max-queue` reads `CHATSTREAM_MAX_QUEUE`. */
export function fromEnvironment<T extends Interfaces.FlagInput>(flags: T): T {
  for (const [name, flag] of Object.entries(flags)) {
    flag.env ??= `CHATSTREAM_${name.replaceAll('-', '_').toUpperCase()}`;
  }
  return flags;
}

/**
 * The values of a repeatable flag. From an environment variable oclif passes them on as one string, whatever the types
 * say; there they are separated by commas, as they may be in the flag.
 */
export function valuesOf(given: readonly string[] | string | undefined): readonly string[] {
  return typeof given === 'string' ? given.split(',').map((value) => value.trim()) : (given ?? []);
}
