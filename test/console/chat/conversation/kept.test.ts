import { describe, expect, it } from 'vitest';
import { newAnswer } from '../../../../console/src/chat/conversation/answer.js';
import {
  type Conversation,
  newConversation,
  withTurn,
} from '../../../../console/src/chat/conversation/conversation.js';
import { fileOf, readFile } from '../../../../console/src/chat/conversation/file.js';
import { createShelf, shelfSize, type Store } from '../../../../console/src/chat/conversation/shelf.js';

function talk(id: string, changedAtMs: number): Conversation {
  const asked = withTurn(newConversation(id, changedAtMs), { type: 'question', id: 'q', parent: null, text: 'Hi' });
  const answer = { ...newAnswer('m', 1), parts: [{ type: 'text', text: 'Hello' }] } as const;
  const ended = { ...answer, state: { status: 'ended', reason: 'stop' } } as const;
  return withTurn(asked, { type: 'reply', id: 'a', parent: 'q', answer: ended });
}

/** A browser's store for as many characters. */
function storeOf(room: number): Store {
  const entries = new Map<string, string>();
  return {
    get length() {
      return entries.size;
    },
    key: (index) => [...entries.keys()][index] ?? null,
    getItem: (key) => entries.get(key) ?? null,
    removeItem: (key) => void entries.delete(key),
    setItem(key, value) {
      const others = [...entries].filter(([name]) => name !== key).reduce((sum, [, { length }]) => sum + length, 0);
      if (others + value.length > room) throw new DOMException('full', 'QuotaExceededError');
      entries.set(key, value);
    },
  };
}

const none = new Set<string>();

describe('a file of conversations', () => {
  it('gives back what was written', () => {
    const all = [talk('one', 1), talk('two', 2)];
    expect(readFile(fileOf(all))).toEqual({ status: 'read', conversations: all });
  });

  it('has no answer that still runs: its stream is gone', () => {
    const asked = withTurn(newConversation('c', 0), {
      type: 'reply',
      id: 'a',
      parent: null,
      answer: { ...newAnswer(null, 0), state: { status: 'waiting', position: 2, etaMs: null } },
    });
    expect(readFile(fileOf([asked]))).toMatchObject({
      conversations: [{ turns: [{ answer: { state: { status: 'stopped' } } }] }],
    });
  });

  it.each([
    ['{"format": ', { status: 'not-json' }],
    ['[]', { status: 'not-conversations' }],
    ['{"messages": []}', { status: 'not-conversations' }],
    [fileOf([]).replace('"version": 1', '"version": 2'), { status: 'newer' }],
    [
      fileOf([talk('c', 0)]).replace('"Hi"', '7'),
      { status: 'broken', detail: 'conversations: turns: text: expected a string, got 7' },
    ],
    [
      fileOf([talk('c', 0)]).replace('"parent": "q"', '"parent": "a"'),
      { status: 'broken', detail: 'conversations: turns: "a" comes before its parent "a"' },
    ],
  ])('says what is wrong with %j', (text, reading) => {
    expect(readFile(text)).toEqual(reading);
  });
});

describe('the conversations that a browser keeps', () => {
  it('come back, the newest first', () => {
    const shelf = createShelf(storeOf(10_000));
    const [old, young] = [talk('old', 1), talk('young', 2)];
    expect([old, young].map((conversation) => shelf.keep(conversation, none))).toEqual([true, true]);
    expect(shelf.list()).toEqual([young, old]);
    expect(shelf.read('old')).toEqual(old);
    shelf.remove('old');
    expect(shelf.read('old')).toBeUndefined();
  });

  it('make room for newer ones, except those that are open', () => {
    const { length } = fileOf([talk('x', 1)], 0);
    const shelf = createShelf(storeOf(2 * length));
    ['a', 'b', 'c'].forEach((id, index) => shelf.keep(talk(id, index + 1), new Set(['a'])));
    expect(shelf.list().map(({ id }) => id)).toEqual(['c', 'a']);
  });

  it('are bounded in number', () => {
    const shelf = createShelf(storeOf(Infinity));
    for (let index = 0; index < shelfSize + 2; index += 1) shelf.keep(talk(`c${index}`, index), none);
    expect(shelf.list()).toHaveLength(shelfSize);
    expect(shelf.read('c1')).toBeUndefined();
  });

  it('are not kept where there is no room, or no store', () => {
    expect(createShelf(storeOf(10)).keep(talk('a', 1), none)).toBe(false);
    const nowhere = createShelf(undefined);
    expect(nowhere.keep(talk('a', 1), none)).toBe(false);
    expect(nowhere.list()).toEqual([]);
  });

  it('do not mind entries that are damaged', () => {
    const store = storeOf(1000);
    store.setItem('chatstream.chat.conversation.x', '{');
    expect(createShelf(store).list()).toEqual([]);
  });
});
