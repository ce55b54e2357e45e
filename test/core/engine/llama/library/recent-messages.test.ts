import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RecentMessages } from '../../../../../src/core/engine/llama/library/recent-messages.js';

describe("llama.cpp's latest messages", () => {
  const ignore = (): void => undefined;

  function explained(messages: RecentMessages, attempt: () => Promise<never>): Promise<string> {
    const explain = (error: unknown, logged: readonly string[]): Error => new Error([error, ...logged].join(', '));
    return messages
      .explaining(attempt, explain)
      .catch((error: unknown) => (error instanceof Error ? error.message : ''));
  }

  it('are passed on', () => {
    const passed: string[] = [];
    const messages = new RecentMessages((level, message) => passed.push(`${level}: ${message}`));
    messages.log('warn', 'no room');
    expect(passed).toEqual(['warn: no room']);
  });

  it('explain a failure, with those that come shortly after it', async () => {
    const messages = new RecentMessages(ignore);
    const failing = (): Promise<never> => {
      messages.log('error', 'before');
      void setImmediate().then(() => {
        messages.log('error', 'after');
      });
      return Promise.reject(new Error('failed'));
    };
    expect(await explained(messages, failing)).toBe('Error: failed, before, after');
  });

  it('are the last twenty', async () => {
    const messages = new RecentMessages(ignore);
    for (let number = 1; number <= 30; number += 1) messages.log('warn', `${number}`);
    const all = await explained(messages, () => Promise.reject(new Error('failed')));
    expect(all.split(', ').slice(1)).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 11}`));
  });

  it('are not asked for where nothing fails', async () => {
    const messages = new RecentMessages(ignore);
    expect(
      await messages.explaining(
        () => Promise.resolve('loaded'),
        () => new Error('failed'),
      ),
    ).toBe('loaded');
  });
});
