import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { parseYaml } from '../../../../src/core/base/mistakes/yaml.js';

function mistakeIn(text: string): string {
  try {
    parseYaml(text, 'bench.yaml', 'Write settings.');
  } catch (error) {
    if (error instanceof ChatstreamError) return error.message;
    throw error;
  }
  return 'none';
}

describe('a mistake in a YAML file', () => {
  it.each([
    ['concurrency: [4, 8', 'line 1, column 19: A bracket is not closed.'],
    ['slo: {', 'line 1, column 7: A bracket is not closed.'],
    ['a: [b\nc: d', 'line 2, column 1: A bracket is not closed.'],
    [
      'a:\n   b: 1\n  c: 2',
      'line 3, column 1: The line begins with another number of spaces than the lines that it belongs to.',
    ],
    ['url: "x', 'Quotes are not closed.'],
    ["url: 'x", 'Quotes are not closed.'],
    ['url: x\nrate', 'line 2, column 1: A line has no ": " between a name and its value.'],
    ['rate 4\nurl: x', 'line 1, column 1: A line has no ": " between a name and its value.'],
    ['url: x\n rate: 4', 'There is a second ": " in a value: put the value into quotes, or begin the next setting'],
    ['url: }', 'This does not belong here: a sign is too many'],
    ['a: "b" c', 'This does not belong here: a sign is too many'],
    ['url: @x', 'A value that begins with this character needs quotes.'],
    ['url: "C:\\models"', 'A backslash in double quotes must be written twice'],
    ['a: [1,2]#x', 'A space is missing before #.'],
    ['a: [1,,2]', 'This does not belong here'],
    ['a: 1\n---\nb: 2', 'A line of --- begins a second document: leave it out.'],
    ['url: x\n\trate: 3', 'line 2, column 1: A line begins with a tab: use spaces.'],
    ['a: 1\na: 2', 'line 2, column 1: The same name is given twice.'],
  ])('is told in words and with its place: %j', (text, words) => {
    expect(mistakeIn(text)).toContain(words);
    expect(mistakeIn(text)).toMatch(/^bench\.yaml is not YAML: line \d+, column \d+: [A-Z][^A-Z_]/);
  });

  it('is never a code of the parser, and quotes nothing of the text', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '\n',
      ' ',
      '  ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      ',',
      '*',
      '&',
      '!',
      '|',
      '%',
      '\t',
      '#',
      '---\n',
      'sk',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const said = mistakeIn(pieces.join(''));
        expect(said).not.toMatch(/[A-Z]{2,}_|sk/);
      }),
      { numRuns: 500 },
    );
  });
});
