import { describe, expect, it } from 'vitest';
import { newAnswer } from '../../../../console/src/chat/conversation/answer.js';
import {
  branchesOf,
  chosenTurn,
  type Conversation,
  newConversation,
  pathOf,
  pathTo,
  titleOf,
  type Turn,
  withTurn,
  withTurnsOf,
} from '../../../../console/src/chat/conversation/conversation.js';
import { requestBody } from '../../../../console/src/chat/conversation/request.js';
import { defaultSettings } from '../../../../console/src/chat/conversation/settings.js';

function question(id: string, parent: string | null, text = id): Turn {
  return { type: 'question', id, parent, text };
}

function reply(id: string, parent: string, text = id): Turn {
  return { type: 'reply', id, parent, answer: { ...newAnswer(null, 0), parts: [{ type: 'text', text }] } };
}

function conversationOf(...turns: readonly Turn[]): Conversation {
  return turns.reduce(withTurn, newConversation('c', 0));
}

const ids = (turns: readonly Turn[]): readonly string[] => turns.map(({ id }) => id);

const plain = [question('q1', null), reply('a1', 'q1'), question('q2', 'a1'), reply('a2', 'q2')] as const;
const regenerated = reply('a2b', 'q2');
const edited = question('q1b', null);

describe('a conversation', () => {
  it('is shown from the first turn to the last', () => {
    expect(ids(pathOf(conversationOf(...plain)))).toEqual(['q1', 'a1', 'q2', 'a2']);
    expect(pathOf(newConversation('c', 0))).toEqual([]);
  });

  it('shows the branch that was made last, and keeps the others', () => {
    const twice = conversationOf(...plain, regenerated);
    expect(ids(pathOf(twice))).toEqual(['q1', 'a1', 'q2', 'a2b']);
    expect(ids(branchesOf(twice, regenerated))).toEqual(['a2', 'a2b']);
    expect(ids(pathOf(withTurn(twice, edited)))).toEqual(['q1b']);
  });

  it('shows the branch that is chosen, with the branches below it as they were', () => {
    const both = conversationOf(...plain, regenerated, edited);
    const first = chosenTurn(both, plain[0]);
    expect(ids(pathOf(first))).toEqual(['q1', 'a1', 'q2', 'a2b']);
    expect(ids(pathOf(chosenTurn(first, plain[3])))).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  it('shows the newest branch where none was chosen', () => {
    const { turns } = conversationOf(...plain, regenerated);
    expect(ids(pathOf({ ...newConversation('c', 0), turns }))).toEqual(['q1', 'a1', 'q2', 'a2b']);
  });

  it('knows the turns before any turn, also of a branch that is not shown', () => {
    const both = conversationOf(...plain, edited);
    expect(ids(pathTo(both, 'q2'))).toEqual(['q1', 'a1', 'q2']);
    expect(pathTo(both, null)).toEqual([]);
  });

  it('takes over the turns that another tab has added, and shows what it showed', () => {
    const here = conversationOf(...plain.slice(0, 2), edited);
    const both = withTurnsOf(here, conversationOf(...plain));
    expect(ids(pathOf(both))).toEqual(['q1b']);
    expect(ids(pathOf(chosenTurn(both, plain[0])))).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  it('is named after the first line of its first question', () => {
    expect(titleOf(conversationOf(question('q', null, '  Why?\nBecause.')))).toBe('Why?');
    expect(Array.from(titleOf(conversationOf(question('q', null, '順'.repeat(80)))))).toHaveLength(60);
    expect(titleOf(newConversation('c', 0))).toBe('');
  });
});

describe('the request for an answer', () => {
  it('has the system prompt, the turns, and only the parameters that were set', () => {
    const settings = { ...defaultSettings, system: 'Be brief.', temperature: 0, maxTokens: 9, model: 'm' };
    expect(requestBody(settings, plain.slice(0, 3))).toEqual({
      model: 'm',
      temperature: 0,
      max_tokens: 9,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'q1' },
        { role: 'assistant', content: 'a1' },
        { role: 'user', content: 'q2' },
      ],
      stream: true,
      stream_options: { include_queue: true },
    });
  });

  it('has calls with their results', () => {
    const call = { type: 'call', id: 'x', name: 'time', arguments: '{}' } as const;
    const path: readonly Turn[] = [
      { type: 'reply', id: 'a', parent: null, answer: { ...newAnswer(null, 0), parts: [call] } },
      { type: 'results', id: 'r', parent: 'a', results: [{ callId: 'x', text: 'noon' }] },
    ];
    expect(requestBody(defaultSettings, path)).toMatchObject({
      messages: [
        { role: 'assistant', tool_calls: [{ id: 'x', function: { name: 'time', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'x', content: 'noon' },
      ],
    });
  });

  it('leaves out answers that were stopped before they began', () => {
    const stopped = reply('a', 'q', '');
    expect(requestBody(defaultSettings, [question('q', null), stopped])).toMatchObject({
      messages: [{ role: 'user' }],
    });
  });

  it('has the fields that were written as JSON, but none of what is no object', () => {
    const withMore = (more: string): object => requestBody({ ...defaultSettings, more }, []);
    expect(withMore('{"user": "me", "stream": false}')).toMatchObject({ user: 'me', stream: true });
    expect(withMore('{"user":')).toEqual(withMore(''));
    expect(withMore('[1]')).toEqual(withMore(''));
  });
});
