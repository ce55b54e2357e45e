import { Flags, Parser } from '@oclif/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  autoOrIntegerFlag,
  defaultDuration,
  defaultIntegers,
  defaultInWords,
  defaultLengths,
  durationFlag,
  flagOrigins,
  fromEnvironment,
  integersFlag,
  lengthsFlag,
  listFlag,
  positiveNumbersFlag,
  repeatableFlag,
  valuesOf,
} from '../../../src/cli/flags/flags.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';

const flags = fromEnvironment({
  wait: durationFlag({ ...defaultDuration('60s') }),
  pause: durationFlag({ ...defaultInWords('as long as it takes') }),
  threads: autoOrIntegerFlag({ min: 1, default: 'auto' as const }),
  layers: autoOrIntegerFlag({ min: 0 }),
  'max-things': Flags.integer({ default: 4 }),
  settings: integersFlag({ ...defaultIntegers('8,1') }),
  tokens: lengthsFlag({ ...defaultLengths('64±16') }),
  rate: positiveNumbersFlag(),
  quiet: Flags.boolean(),
  named: Flags.string({ env: 'SOMETHING_ELSE' }),
  key: listFlag(),
  line: repeatableFlag(),
});

async function parse(...argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const parsed = await Parser.parse([...argv], { flags, strict: true });
  return parsed.flags;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a duration flag', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['0', 0],
    ['0s', 0],
  ])('takes %s for %d ms', async (text, ms) => {
    expect(await parse('--wait', text)).toMatchObject({ wait: ms });
  });

  it.each(['10', '', '-1s', 'soon', '1 s', '1d', '1e3ms', 'Infinity'])('refuses %j and names itself', async (text) => {
    await expect(parse(`--wait=${text}`)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--wait') as string,
    });
  });

  it('says how durations are written', async () => {
    await expect(parse('--wait', '10')).rejects.toMatchObject({
      hint: 'Write a number and a unit, such as 250ms, 10s or 2m.',
    });
  });

  it('has a default in milliseconds', async () => {
    expect(await parse()).toMatchObject({ wait: 60_000 });
  });
});

describe('an auto-or-integer flag', () => {
  it.each([
    ['auto', 'auto'],
    ['1', 1],
    ['64', 64],
  ])('takes %s', async (text, value) => {
    expect(await parse('--threads', text)).toMatchObject({ threads: value });
  });

  it('takes its least value', async () => {
    expect(await parse('--layers', '0')).toMatchObject({ layers: 0 });
  });

  it.each(['0', '-1', '1.5', '', ' ', 'many', 'AUTO', '0x10', '1e3', '99999999999999999'])(
    'refuses %j',
    async (text) => {
      const refusal = parse(`--threads=${text}`);
      await expect(refusal).rejects.toBeInstanceOf(ChatstreamError);
      await expect(refusal).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('neither auto nor a whole number of at least 1') as string,
      });
    },
  );

  it.each(['', ' '])('does not take %j for zero', async (text) => {
    await expect(parse(`--layers=${text}`)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a list of whole numbers', () => {
  it.each([
    ['4', [4]],
    ['1,2,4', [1, 2, 4]],
    [' 8, 1 ,4,1', [1, 4, 8]],
  ])('takes %j, in rising order and each once', async (text, settings) => {
    expect(await parse('--settings', text)).toMatchObject({ settings });
  });

  it.each(['', ',', '1,', '0', '-1', '1.5', '1 2', '1e3', 'all', '99999999999999999'])('refuses %j', async (text) => {
    await expect(parse(`--settings=${text}`)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('not a list of whole numbers of at least 1') as string,
    });
  });
});

describe('a flag for lengths', () => {
  it('takes a number or a distribution of numbers', async () => {
    expect(await parse('--tokens', '64')).toMatchObject({ tokens: { type: 'fixed', tokens: 64 } });
    expect(await parse('--tokens', '32-128')).toMatchObject({ tokens: { type: 'uniform', min: 32, max: 128 } });
  });

  it('refuses anything else, and names itself', async () => {
    await expect(parse('--tokens', 'some')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--tokens') as string,
    });
  });
});

describe('environment variables', () => {
  it('set flags, dashes written as underscores', async () => {
    vi.stubEnv('CHATSTREAM_MAX_THINGS', '9');
    vi.stubEnv('CHATSTREAM_WAIT', '5s');
    vi.stubEnv('CHATSTREAM_QUIET', 'true');
    expect(await parse()).toMatchObject({ 'max-things': 9, wait: 5000, quiet: true });
  });

  it('give way to the command line', async () => {
    vi.stubEnv('CHATSTREAM_MAX_THINGS', '9');
    expect(await parse('--max-things', '5')).toMatchObject({ 'max-things': 5 });
  });

  it('are refused like flags, and the flag is named', async () => {
    vi.stubEnv('CHATSTREAM_WAIT', 'soon');
    await expect(parse()).rejects.toThrow('--wait');
  });

  it('count as not set when they are empty', async () => {
    vi.stubEnv('CHATSTREAM_MAX_THINGS', '');
    expect(await parse()).toMatchObject({ 'max-things': 4 });
  });

  it('keep a name that a flag brings along', () => {
    expect(flags.named.env).toBe('SOMETHING_ELSE');
  });
});

describe('a repeatable flag', () => {
  async function keys(...argv: readonly string[]): Promise<readonly string[]> {
    const parsed = await Parser.parse([...argv], { flags, strict: true });
    return valuesOf(parsed.flags.key);
  }

  it('collects its values', async () => {
    expect(await keys('--key', 'a', '--key', 'b')).toEqual(['a', 'b']);
  });

  it('takes several at once, with commas between them', async () => {
    expect(await keys('--key', 'a,b')).toEqual(['a', 'b']);
  });

  it('takes several from the environment', async () => {
    vi.stubEnv('CHATSTREAM_KEY', 'a, b,c');
    expect(await keys()).toEqual(['a', 'b', 'c']);
  });

  it('takes one from the environment', async () => {
    vi.stubEnv('CHATSTREAM_KEY', 'a');
    expect(await keys()).toEqual(['a']);
  });

  it('is empty when it is not given', async () => {
    expect(await keys()).toEqual([]);
  });

  it('takes a comma with a backslash before it as a part of a value', async () => {
    expect(await keys('--key', 'a\\,b,c')).toEqual(['a,b', 'c']);
  });

  it('leaves commas alone if its values may have them', async () => {
    const lines = async (...argv: readonly string[]): Promise<readonly string[]> =>
      valuesOf((await Parser.parse([...argv], { flags, strict: true })).flags.line);
    expect(await lines('--line', 'a, b', '--line', 'c')).toEqual(['a, b', 'c']);
    vi.stubEnv('CHATSTREAM_LINE', 'a, b');
    expect(await lines()).toEqual(['a, b']);
  });
});

describe('a number above 0', () => {
  it.each([
    ['5', 5],
    ['0.5', 0.5],
    ['.5', 0.5],
  ])('may be %s', async (text, value) => {
    expect(await parse('--rate', text)).toMatchObject({ rate: [value] });
  });

  it.each(['0', '-1', '1e3', 'Infinity', '', '1.'])('refuses %j', async (text) => {
    await expect(parse(`--rate=${text}`)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('not a number above 0') as string,
    });
  });
});

describe('a default', () => {
  it('is shown as it was written, and is parsed from that', async () => {
    expect(await parse()).toMatchObject({
      wait: 60_000,
      settings: [1, 8],
      tokens: { type: 'normal', mean: 64, stddev: 16 },
    });
    const { metadata } = await Parser.parse([], { flags, strict: true });
    expect(metadata.flags).toMatchObject({
      wait: { defaultHelp: '60s' },
      settings: { defaultHelp: '8,1' },
      tokens: { defaultHelp: '64±16' },
    });
  });

  it('in words gives no value', async () => {
    expect(await parse()).not.toHaveProperty('pause');
    expect((await Parser.parse([], { flags, strict: true })).metadata.flags).toMatchObject({
      pause: { defaultHelp: 'as long as it takes' },
    });
  });
});

describe('the origin of a flag', () => {
  it('is the command line, the environment, or the default', async () => {
    vi.stubEnv('CHATSTREAM_WAIT', '1s');
    const parsed = await Parser.parse(['--max-things', '4', '--quiet'], { flags, strict: true });
    const { isTyped, isGiven } = flagOrigins(parsed);
    const names = ['max-things', 'quiet', 'wait', 'threads', 'layers'];
    expect(names.map(isTyped)).toEqual([true, true, false, false, false]);
    expect(names.map(isGiven)).toEqual([true, true, true, false, false]);
  });
});
