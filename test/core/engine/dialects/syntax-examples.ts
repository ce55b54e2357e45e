import { expect, it } from 'vitest';
import type { CallSyntax } from '../../../../src/core/engine/dialects/dialect.js';
import { accepts, read } from './harness.js';

/** Texts as the models of a family write them. */
export interface SyntaxExamples {
  readonly syntax: CallSyntax;
  /** The call of {@link oslo} by itself. */
  readonly one: string;
  /** The calls of {@link oslo} and {@link sum}. */
  readonly two: string;
  /** A call without arguments, of a function without parameters. */
  readonly none: string;
  /** What stays content, although it looks like the beginning of a call; must not contain calls that are none. */
  readonly content: readonly string[];
  /** What the grammar must refuse: calls with other arguments, of other functions, or with something after them. */
  readonly refused: readonly string[];
  /** Whether calls come only at the beginning of the answer. */
  readonly onlyAtStart?: true;
  /** Whether the models make only one call at a time, and the grammar allows no more. */
  readonly isSingle?: true;
}

export const oslo = { name: 'get_weather', arguments: { city: 'Oslo {"x"}', days: 3 } };
export const sum = { name: 'add', arguments: { a: 1, b: -2.5 } };
export const osloText = '{"city": "Oslo {\\"x\\"}", "days": 3}';
export const sumText = '{"a": 1, "b": -2.5}';

/** Tests what has to be true for the syntax of each family. */
export function readsAndAllows(examples: SyntaxExamples): void {
  const { syntax, one, two, none, content, refused, onlyAtStart, isSingle } = examples;
  const dialect = { thoughts: null, calls: syntax };

  it('reads calls', () => {
    expect(read(dialect, one)).toEqual({ content: '', reasoning: '', calls: [oslo] });
    expect(read(dialect, two)).toEqual({ content: '', reasoning: '', calls: [oslo, sum] });
    expect(read(dialect, none).calls).toEqual([{ name: 'now', arguments: {} }]);
  });

  if (onlyAtStart !== true) {
    it('reads calls after text', () => {
      const text = `I will look.\n\n${one}`;
      expect(read(dialect, text)).toEqual({ content: 'I will look.', reasoning: '', calls: [oslo] });
    });
  }

  it.each(content)('leaves text as it is: %j', (text) => {
    expect(read(dialect, text)).toEqual({ content: text, reasoning: '', calls: [] });
  });

  it('allows what it reads', () => {
    const texts = [one, none, ...(isSingle ? [] : [two]), ...(onlyAtStart ? [] : [`I will look. ${one}`])];
    expect(texts.filter((text) => !accepts(syntax, text))).toEqual([]);
    expect(accepts(syntax, 'Hello <')).toBe(true);
  });

  it.each(refused)('refuses %j', (text) => {
    expect(accepts(syntax, text)).toBe(false);
  });

  it('allows one call only where calls are not parallel', () => {
    const alone = { isParallel: false };
    expect([accepts(syntax, one, alone), accepts(syntax, two, alone)]).toEqual([true, false]);
  });

  it('requires a call', () => {
    const required = { isRequired: true };
    expect([
      accepts(syntax, one, required),
      accepts(syntax, '', required),
      accepts(syntax, `a ${one}`, required),
    ]).toEqual([true, false, false]);
  });
}
