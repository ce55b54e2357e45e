import { Flags, Parser } from '@oclif/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  autoOrIntegerFlag,
  durationFlag,
  fromEnvironment,
  integersFlag,
  lengthsFlag,
  valuesOf,
} from '../../src/cli/flags.js';
import { ChatstreamError } from '../../src/core/base/errors.js';

const flags = fromEnvironment({
  wait: durationFlag({ default: 60_000 }),
  threads: autoOrIntegerFlag({ min: 1, default: 'auto' as const }),
  layers: autoOrIntegerFlag({ min: 0 }),
  'max-things': Flags.integer({ default: 4 }),
  settings: integersFlag({ default: [8] }),
  tokens: lengthsFlag(),
  quiet: Flags.boolean(),
  named: Flags.string({ env: 'SOMETHING_ELSE' }),
  key: Flags.string({ multiple: true, multipleNonGreedy: true, delimiter: ',' }),
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

  it('give way to what is said on the command line', async () => {
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
  const isList = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'string');

  async function keys(...argv: readonly string[]): Promise<readonly string[]> {
    const { key } = await parse(...argv);
    if (key !== undefined && typeof key !== 'string' && !isList(key)) throw new Error('These are no keys.');
    return valuesOf(key);
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
});
