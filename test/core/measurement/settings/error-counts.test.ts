import { describe, expect, it } from 'vitest';
import { addUpErrors, errorCounts } from '../../../../src/core/measurement/settings/error-counts.js';

describe('addUpErrors', () => {
  it('adds up by code, and keeps the first message', () => {
    const seen = [
      { code: 'a', count: 2, message: undefined },
      { code: 'b', count: 1, message: 'one' },
      { code: 'b', count: 4, message: 'two' },
    ];
    expect(addUpErrors(seen)).toEqual({ errors: { a: 2, b: 5 }, examples: { b: 'one' } });
  });

  it.each(['constructor', 'toString', '__proto__'])('counts an error that a server calls %s', (code) => {
    const once = addUpErrors([{ code, count: 2, message: 'odd' }]);
    const twice = addUpErrors([...errorCounts(once), ...errorCounts(once)]);
    expect(Object.entries(twice.errors)).toEqual([[code, 4]]);
    expect(Object.entries(twice.examples)).toEqual([[code, 'odd']]);
  });

  it('knows no message of an error that has none', () => {
    expect(errorCounts({ errors: { constructor: 1 }, examples: {} })).toEqual([
      { code: 'constructor', count: 1, message: undefined },
    ]);
  });
});
