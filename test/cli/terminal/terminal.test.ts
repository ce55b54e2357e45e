import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { columnsOf, hasColours, reportStyle, styled, wrappedFor } from '../../../src/cli/terminal/terminal.js';

/** A stream of which only this matters: whether it is a terminal. */
function stream(isTTY: boolean): NodeJS.WriteStream {
  return Object.assign(Object.create(process.stderr) as NodeJS.WriteStream, { isTTY });
}

const terminal = stream(true);
const pipe = stream(false);

beforeEach(() => {
  vi.stubEnv('NO_COLOR', undefined);
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('TERM', 'xterm');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('colours', () => {
  it('show on a terminal', () => {
    expect(styled(terminal, 'red', 'error:')).toBe('\u001b[31merror:\u001b[39m');
  });

  it('do not show in a pipe', () => {
    expect(styled(pipe, 'red', 'error:')).toBe('error:');
  });

  it.each(['1', '0', 'anything'])('do not show with NO_COLOR=%s', (value) => {
    vi.stubEnv('NO_COLOR', value);
    expect(hasColours(terminal)).toBe(false);
    expect(styled(terminal, 'red', 'error:')).toBe('error:');
  });

  it('show when NO_COLOR is empty', () => {
    vi.stubEnv('NO_COLOR', '');
    expect(hasColours(terminal)).toBe(true);
  });

  it('do not show on a dumb terminal', () => {
    vi.stubEnv('TERM', 'dumb');
    expect(hasColours(terminal)).toBe(false);
  });

  it('depend on the stream that the text is for, not on stdout', () => {
    expect(process.stdout.isTTY).not.toBe(true);
    expect(styled(terminal, 'bold', 'x')).not.toBe('x');
  });
});

describe('a report', () => {
  it.each([
    ['fills a narrow terminal', 60, 60],
    ['stays readable on a wide one', 300, 100],
  ])('%s', (_name, columns, width) => {
    expect(reportStyle(Object.assign(stream(true), { columns }))).toEqual({ colour: true, width });
  });

  it('has the usual width and no colours in a file', () => {
    expect(reportStyle(pipe)).toEqual({ colour: false, width: 100 });
  });
});

describe('the width of a terminal', () => {
  it('is what it reports', () => {
    expect(columnsOf({ columns: 42 })).toBe(42);
  });

  it('is 80 if it reports 0, or nothing', () => {
    expect(columnsOf({ columns: 0 })).toBe(80);
    expect(columnsOf({})).toBe(80);
    expect(reportStyle(Object.assign(stream(true), { columns: 0 })).width).toBe(80);
  });
});

describe('a message', () => {
  const text = 'Leave out one of the two, or see https://example.com/a/very/long/address for more.';
  const narrow = Object.assign(stream(true), { columns: 20 });

  it('is broken between words on a terminal, and never within one', () => {
    expect(wrappedFor(narrow, text).split('\n')).toEqual([
      'Leave out one of the',
      'two, or see',
      'https://example.com/a/very/long/address',
      'for more.',
    ]);
  });

  it('keeps its words, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[!-~]{1,30}$/)), (words) => {
        expect(wrappedFor(narrow, words.join(' ')).split(/\s+/).filter(Boolean)).toEqual(words);
      }),
    );
  });

  it('keeps its examples as they are', () => {
    const example = 'As in\n  chatstream serve --model model.gguf --slots 4';
    expect(wrappedFor(narrow, example)).toBe(example);
  });

  it('is unchanged in a pipe', () => {
    expect(wrappedFor(Object.assign(stream(false), { columns: 20 }), text)).toBe(text);
  });
});
