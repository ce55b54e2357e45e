import { describe, expect, it } from 'vitest';
import { preparePrompt } from '../../../../src/core/engine/mock/prompt.js';
import { detokenize, messageEnd, messageStart } from '../../../../src/core/engine/mock/vocabulary.js';

describe('the end of a chat', () => {
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Well' },
  ] as const;

  it('is the beginning of an answer, the last message, or nothing', () => {
    const answer = preparePrompt({ type: 'chat', messages });
    expect(answer.filter((token) => token === messageStart)).toHaveLength(3);
    const none = preparePrompt({ type: 'chat', messages, ending: 'none' });
    expect(none).toEqual(answer.slice(0, none.length));
    expect(none.filter((token) => token === messageStart)).toHaveLength(2);
    const continued = preparePrompt({ type: 'chat', messages, ending: 'continue' });
    expect(detokenize(continued)).toMatch(/Well$/);
    expect(continued.filter((token) => token === messageEnd)).toHaveLength(1);
  });
});
