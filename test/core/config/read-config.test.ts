import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ChatstreamError } from '../../../src/core/base/errors.js';
import { keyEntry } from '../../../src/core/config/key-entry.js';
import { parseConfig } from '../../../src/core/config/read-config.js';

const digest = createHash('sha256').update('secret').digest('hex');
const other = createHash('sha256').update('other').digest('hex');

function errorOf(text: string): ChatstreamError | null {
  try {
    parseConfig(text, 'c.yaml');
  } catch (error) {
    return error as ChatstreamError;
  }
  return null;
}

function problemOf(text: string): string {
  return errorOf(text)?.message ?? 'none';
}

describe('a configuration file', () => {
  it('has keys with defaults for what they leave out', () => {
    expect(parseConfig(`keys:\n  - name: anna\n    sha256: ${digest}\n`, 'c.yaml').keys).toEqual([
      {
        name: 'anna',
        digest: Buffer.from(digest, 'hex'),
        trafficClass: 'standard',
        role: 'user',
        terms: { share: 1, maxRunning: null, maxWaiting: null },
        rates: { requestsPerMinute: null, tokensPerMinute: null, tokensPerDay: null },
      },
    ]);
  });

  it('has keys with limits', () => {
    const limits = 'running: 2, waiting: 0, requests-per-minute: 3, tokens-per-minute: 4, tokens-per-day: 5';
    const text = `keys: [{ name: a, sha256: ${digest}, class: batch, share: 0.5, role: admin, limits: { ${limits} } }]`;
    expect(parseConfig(text, 'c.yaml').keys).toMatchObject([
      {
        trafficClass: 'batch',
        role: 'admin',
        terms: { share: 0.5, maxRunning: 2, maxWaiting: 0 },
        rates: { requestsPerMinute: 3, tokensPerMinute: 4, tokensPerDay: 5 },
      },
    ]);
  });

  it('has models and reserves of keys, and reserves of classes', () => {
    const text = `keys: [{ name: a, sha256: ${digest}, models: [small], reserve: 2 }]\nclasses: { interactive: { reserve: 3 } }`;
    const { keys, classReserves } = parseConfig(text, 'c.yaml');
    expect(keys).toMatchObject([{ models: ['small'], terms: { reserve: 2 } }]);
    expect([...classReserves]).toEqual([['interactive', 3]]);
  });

  it('has the header that tells the users of a key apart, whose names have no case', () => {
    const text = `keys: [{ name: a, sha256: ${digest}, user-header: X-OpenWebUI-User-Id }]`;
    expect(parseConfig(text, 'c.yaml').keys).toMatchObject([{ userHeader: 'x-openwebui-user-id' }]);
    expect(problemOf(`keys: [{ name: a, sha256: ${digest}, user-header: X-User, reserve: 1 }]`)).toBe(
      'c.yaml: "a" has a reserve and a user-header.',
    );
    expect(problemOf(`keys: [{ name: a, sha256: ${digest}, user-header: "X User" }]`)).toBe(
      'c.yaml: keys[0].user-header must be the name of a header, such as X-OpenWebUI-User-Id.',
    );
  });

  it('refuses a reserve of an observer, which generates nothing, and the digest of an empty key', () => {
    expect(problemOf(`keys: [{ name: a, sha256: ${digest}, role: observer, reserve: 1 }]`)).toBe(
      'c.yaml: "a" is an observer, which cannot generate, but has a reserve.',
    );
    const empty = createHash('sha256').update('').digest('hex');
    expect(problemOf(`keys: [{ name: a, sha256: ${empty} }]`)).toBe(
      'c.yaml: The sha256 of "a" is that of an empty key.',
    );
  });

  it('says what requests without a key may do', () => {
    const text =
      'anonymous: { class: batch, share: 0.5, models: [small], limits: { running: 1, requests-per-minute: 5 } }';
    expect(parseConfig(text, 'c.yaml').anonymous).toMatchObject({
      ...{ name: 'anonymous', role: 'user', trafficClass: 'batch', models: ['small'] },
      terms: { share: 0.5, maxRunning: 1 },
      rates: { requestsPerMinute: 5 },
    });
  });

  it('has values of flags, as they would be typed', () => {
    const { flags } = parseConfig('max-queue: 5\ncors-origin: [a, b]\nqueue-timeout: 10s\njson: true\n', 'c.yaml');
    expect([...flags]).toEqual([
      ['max-queue', '5'],
      ['cors-origin', ['a', 'b']],
      ['queue-timeout', '10s'],
      ['json', true],
    ]);
  });

  it('may be empty', () => {
    expect(parseConfig('', 'c.yaml')).toEqual({
      keys: [],
      anonymous: null,
      classReserves: new Map(),
      flags: new Map(),
    });
    expect(parseConfig('# nothing\n', 'c.yaml')).toMatchObject({ keys: [], flags: new Map() });
  });

  it('may have digests in upper case', () => {
    const { keys } = parseConfig(`keys: [{ name: a, sha256: ${digest.toUpperCase()} }]`, 'c.yaml');
    expect(keys).toMatchObject([{ digest: Buffer.from(digest, 'hex') }]);
  });

  it.each([
    ['keys: [', 'c.yaml is not YAML: line 1, column'],
    ['keys:\n  - name: a\n   share: 2', 'line 3, column 1: The line begins neither an item of the list'],
    ['keys:\n\t- name: a', 'line 2, column 1: A line begins with a tab: use spaces.'],
    ['max-queue: 5\nmax-queue: 6', 'line 2, column 1: The same name is given twice.'],
    ['alias: *', 'line 1, column 8: A value that begins with * needs quotes, unless it is the alias of an anchor (&).'],
    ['host: a\nalias: [b, *c]', 'line 2, column 12: A value that begins with * needs quotes'],
    [
      `a: &a [1, 1]\nb: &b [${Array.from({ length: 60 }, () => '*a').join()}]\nc: [*b, *b]`,
      'c.yaml is not YAML: its aliases stand for too many values.',
    ],
    ['- a', 'c.yaml is not a list of settings'],
    ['keys: [{ name: a }]', 'c.yaml: keys[0] needs sha256.'],
    [`keys: [{ name: a b, sha256: ${digest} }]`, 'c.yaml: keys[0].name must be up to 64 letters, digits and _ . @ -'],
    [`keys: [{ name: a, sha256: ${digest}, shar: 2 }]`, 'c.yaml: keys[0].shar is not a setting.'],
    [
      `keys: [{ name: a, sha256: ${digest}, class: fast }]`,
      'c.yaml: keys[0].class must be one of interactive, standard, batch.',
    ],
    [`keys: [{ name: a, sha256: secret }]`, 'c.yaml: keys[0].sha256 must be 64 digits from 0 to f'],
    [`keys: [{ name: a, sha256: ${digest} }, { name: a, sha256: ${other} }]`, 'two keys with the name "a"'],
    [`keys: [{ name: a, sha256: ${digest} }, { name: b, sha256: ${digest} }]`, '"a" and "b" are the same key'],
    [`keys: [{ name: a, sha256: ${digest.toUpperCase()} }, { name: b, sha256: ${digest} }]`, 'are the same key'],
    [`keys: [{ name: a, sha256: ${digest}, share: 200 }]`, 'c.yaml: keys[0].share must be at most 100.'],
    [`keys: [{ name: a, sha256: ${digest}, reserve: '2' }]`, 'c.yaml: keys[0].reserve must be a whole number.'],
    [`keys: [{ name: a, sha256: ${digest}, models: [] }]`, 'c.yaml: keys[0].models must not be empty.'],
    [`keys: [{ name: anonymous, sha256: ${digest} }]`, 'taken by the server'],
    [`keys: [{ name: a, sha256: ${digest}, reserve: 2, limits: { running: 1 } }]`, 'The reserve of "a" is greater'],
    ['anonymous: { reserve: 1 }', 'anonymous.reserve is not a setting.'],
    ['classes: { fast: { reserve: 1 } }', 'classes.fast is not a setting.'],
    [`keys: [{ name: api-key-1, sha256: ${digest} }]`, 'taken by the server'],
  ])('is refused if it says %s', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it('says all that is wrong, and what may have been meant', () => {
    const text = 'keys: [{ name: a, key-hash: x, shar: 2 }]\nprot: 3\nmax-queue: { a: 1 }\nanonymus: {}\n';
    expect(() => parseConfig(text, 'c.yaml', ['port', 'max-queue'])).toThrow(
      [
        'c.yaml has 6 mistakes:',
        'max-queue must be a string, a number, true, false or an array.',
        'keys[0] needs sha256.',
        'keys[0].key-hash is not a setting.',
        'keys[0].shar is not a setting. Did you mean share?',
        '"prot" is neither a setting nor a flag that the file can set. Did you mean port?',
        '"anonymus" is neither a setting nor a flag that the file can set. Did you mean anonymous?',
      ].join('\n  '),
    );
  });

  it('has a suggestion for a single setting that does not exist', () => {
    const error = errorOf(`keys: [{ name: a, sha256: ${digest}, shar: 2 }]`);
    expect(error).toMatchObject({ message: 'c.yaml: keys[0].shar is not a setting.', hint: 'Did you mean share?' });
  });

  it('is not quoted in errors: a key may have been written into it', () => {
    expect(problemOf('keys: [{ name: a, sha256: cs-verysecret }]')).not.toContain('cs-verysecret');
    expect(problemOf('keys: { cs-verysecret')).not.toContain('cs-verysecret');
    expect(problemOf('api-key: *cs-verysecret')).not.toContain('cs-verysecret');
  });
});

describe('the entry of a new key', () => {
  it('accepts that key', () => {
    const { text } = keyEntry('anna', 'secret');
    expect(parseConfig(`keys:\n${text}`, 'c.yaml').keys).toMatchObject([
      { name: 'anna', digest: Buffer.from(digest, 'hex') },
    ]);
  });

  it('is refused for a name that no file may have', () => {
    expect(() => keyEntry('anna b', 'secret')).toThrow('"anna b" cannot be the name of a key.');
  });
});
