import { describe, expect, it } from 'vitest';
import type { CallSyntax } from '../../../../src/core/engine/dialects/dialect.js';
import { accepts, add, read } from './harness.js';

/** Answers as the models of a family write them. */
export interface SyntaxTexts {
  /** `get_weather` in Oslo for 3 days. */
  readonly oslo: string;
  /** `add` with 1 and -2.5. */
  readonly sum: string;
  /** Both of them in one answer. */
  readonly both: string;
  /** `now` without arguments. */
  readonly now: string;
  /** In `oslo`: the parameter `days` with all that belongs to it. */
  readonly days: string;
  /** In `sum`: the parameter `b` with all that belongs to it. */
  readonly b: string;
}

export const osloCall = { name: 'get_weather', arguments: { city: 'Oslo', days: 3 } };
export const sumCall = { name: 'add', arguments: { a: 1, b: -2.5 } };

/** What every syntax has to do. */
export function testSyntax(calls: CallSyntax, { oslo, sum, both, now, days, b }: SyntaxTexts): void {
  const dialect = { thoughts: null, calls };

  describe(`reading ${calls.name}`, () => {
    it('finds calls, and the text before them', () => {
      expect(read(dialect, `I will look.\n\n${oslo}`)).toEqual({
        content: 'I will look.',
        reasoning: '',
        calls: [osloCall],
      });
      expect(read(dialect, both)).toEqual({ content: '', reasoning: '', calls: [osloCall, sumCall] });
      expect(read(dialect, now).calls).toEqual([{ name: 'now', arguments: {} }]);
    });

    it('leaves text as it is that only begins like a call, and calls of unknown functions', () => {
      const unknown = [oslo.replace('get_weather', 'unknown'), oslo.replace('get_weather', 'get_weather_at')];
      const begins = calls.begins.flatMap(({ text }) => [text, `${text} is how calls begin.`, text.slice(0, -1)]);
      for (const text of [...unknown, ...begins.map((begin) => `a ${begin}`)]) {
        expect(read(dialect, text)).toEqual({ content: text, reasoning: '', calls: [] });
      }
    });

    it('keeps what it has of a call that was cut off', () => {
      const [call] = read(dialect, oslo.slice(0, oslo.indexOf('Oslo') + 2)).calls;
      expect(call).toEqual({ name: 'get_weather', arguments: '{"city":"Os' });
    });
  });

  describe(`the grammar of ${calls.name}`, () => {
    it('allows text, and calls that the schemas allow', () => {
      const texts = [`Hello ${oslo.slice(0, 4)}`, oslo, `One. ${both}`, now, oslo.replace(days, '')];
      expect(texts.filter((text) => !accepts(calls, text))).toEqual([]);
    });

    it('allows nothing else once a call has begun', () => {
      const begins = calls.begins.map(({ text }) => `a ${text} b`);
      const wrong = [oslo.replace('3', '99'), oslo.replace('days', 'unit'), sum.replace('-2.5', 'two')];
      const missing = sum.replace(b, '');
      const texts = [...begins, `${sum} and more`, oslo.replace('get_weather', 'unknown'), ...wrong, missing];
      expect(texts.filter((text) => accepts(calls, text))).toEqual([]);
      expect(accepts(calls, both, { isParallel: false })).toBe(false);
    });

    it('requires a call', () => {
      const required = { isRequired: true };
      expect([sum, '', `a ${sum}`].map((text) => accepts(calls, text, required))).toEqual([true, false, false]);
    });

    it('lets a tool whose parameters are not known have any', () => {
      const free = {
        ...add,
        parameters: { anyOf: [{ properties: { a: {} } }, { not: { type: 'null' } }] },
        isStrict: false,
      };
      expect(accepts(calls, sum, { tools: [free] })).toBe(true);
    });
  });
}
