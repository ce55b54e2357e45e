import { fileURLToPath } from 'node:url';
import { Errors } from '@oclif/core';
import { afterEach, expect, it, vi } from 'vitest';
import Chat from '../../src/commands/chat.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

afterEach(() => {
  vi.restoreAllMocks();
});

it('takes a URL for a mistake, and not for a message', async () => {
  const written: string[] = [];
  vi.spyOn(Chat.prototype, 'logToStderr').mockImplementation((line) => {
    written.push(line ?? '');
  });
  await expect(Chat.run(['http://gpu1:8000'], root)).rejects.toThrow(Errors.ExitError);
  expect(written).toEqual([
    'error: The message of chatstream chat would be "http://gpu1:8000".',
    'Did you mean --url http://gpu1:8000?',
  ]);
});
