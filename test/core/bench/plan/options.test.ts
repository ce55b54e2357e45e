import { describe, expect, it } from 'vitest';
import { checkVersus } from '../../../../src/core/bench/plan/options.js';

describe('two servers to compare', () => {
  const url = (text: string) => ({ type: 'url', url: text }) as const;

  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/'],
    ['http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000'],
    ['http://llm.example.org:80', 'http://LLM.example.org/v1/'],
    ['https://llm.example.org/v1/chat/completions', 'https://llm.example.org'],
    ['unix:/run/llm.sock', 'http://unix:/run/llm.sock:/v1'],
  ])('must not be the same: %s and %s', (candidate, baseline) => {
    const check = (): void => {
      checkVersus({ target: url(candidate), versus: baseline });
    };
    expect(check).toThrow(/^--url and --versus both name \w+:/);
  });

  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8001'],
    ['http://127.0.0.1:8000', 'http://localhost:8000'],
    ['unix:/run/a.sock', 'unix:/run/b.sock'],
    ['http://127.0.0.1:8000/a', 'http://127.0.0.1:8000/b'],
    ['http://127.0.0.1:8000/?deployment=a', 'http://127.0.0.1:8000/?deployment=b'],
  ])('may be %s and %s', (candidate, baseline) => {
    expect(() => {
      checkVersus({ target: url(candidate), versus: baseline });
    }).not.toThrow();
  });

  it('need a candidate that runs, and are not needed at all', () => {
    const own = { type: 'own', command: ['chatstream', 'serve'], serverFlags: {} } as const;
    expect(() => {
      checkVersus({ target: own, versus: 'http://127.0.0.1:8000' });
    }).toThrow('--versus compares two running servers, but --url names no candidate.');
    expect(() => {
      checkVersus({ target: own, versus: null });
    }).not.toThrow();
  });
});
