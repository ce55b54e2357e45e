import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../../../src/core/engine/engine.js';
import { tokensAroundMessage } from '../../../../../src/core/engine/llama/prompt/message-cost.js';

type Messages = readonly ChatMessage[];

/** Tokens of a template that puts so many around each message, and a token of its own at the end. */
const template = (around: number) => (messages: Messages) => Promise.resolve(messages.length * (1 + around) + 1);

function isInTurns(messages: Messages): boolean {
  return messages.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'));
}

describe('what a template puts around messages', () => {
  it('is measured', async () => {
    expect(await tokensAroundMessage(template(5))).toBe(5);
  });

  it('is the least, where messages of one role are joined', async () => {
    const joining = (messages: Messages) => (isInTurns(messages) ? template(5)(messages) : template(1)(messages));
    expect(await tokensAroundMessage(joining)).toBe(1);
  });

  it('is measured in turns if the template insists on them, and is nothing if it refuses those too', async () => {
    const refuse = () => Promise.reject(new Error('Roles must alternate.'));
    const strict = (messages: Messages) => (isInTurns(messages) ? template(5)(messages) : refuse());
    expect(await tokensAroundMessage(strict)).toBe(5);
    expect(await tokensAroundMessage(refuse)).toBe(0);
  });

  it('is nothing if the template leaves messages out', async () => {
    expect(await tokensAroundMessage((messages) => template(5)(messages.slice(-1)))).toBe(0);
  });
});
