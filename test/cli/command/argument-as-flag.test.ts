import { describe, expect, it } from 'vitest';
import { messageAsFlag } from '../../../src/cli/command/argument-as-flag.js';

describe('a message', () => {
  it.each([
    ['http://gpu1:8000', '--url http://gpu1:8000'],
    ['unix:/run/chat.sock', '--url unix:/run/chat.sock'],
    ['qwen3.gguf', '--model qwen3.gguf'],
    ['hf:a/b', '--model hf:a/b'],
  ])('that is %s was probably meant as a flag', (message, flag) => {
    expect(messageAsFlag(message, ['url', 'model'])).toBe(flag);
  });

  it.each(['', 'Hello!', 'url', 'modell', '42', 'What is at http://gpu1:8000', 'a.json', 'http://gpu1 is down'])(
    'may be %j',
    (message) => {
      expect(messageAsFlag(message, ['url', 'model'])).toBeNull();
    },
  );
});
