import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Answer, answerAfter, newAnswer, textOf } from '../../../../console/src/chat/conversation/answer.js';
import type { Turn } from '../../../../console/src/chat/conversation/conversation.js';
import { lastStored, responseBody, storedIds } from '../../../../console/src/chat/conversation/response-request.js';
import { responseReader } from '../../../../console/src/chat/conversation/response-stream.js';
import { defaultSettings } from '../../../../console/src/chat/conversation/settings.js';
import {
  questionIn,
  storedItems,
  storedResponse,
  type StoredStep,
  turnsOf,
} from '../../../../console/src/chat/conversation/stored-turns.js';
import { type TestApp, testApp } from '../../../support/app.js';
import { openStream } from '../../../support/stream-client.js';

/** The types of browsers, with which the console is checked, are not those of the tests. */
const storedModule = '../../../../console/src/chat/panes/stored.js';

const settings = { ...defaultSettings, onServer: true };
const tool = { type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } };

function question(id: string, parent: string | null, text: string): Turn {
  return { type: 'question', id, parent, text };
}

/** Asks a real server, and reads what it streams as the page does. */
async function answerTo({ app, flyUntil }: TestApp, body: object): Promise<Answer> {
  const stream = await openStream(app, body, {}, '/v1/responses');
  await flyUntil(stream.finished());
  const read = responseReader();
  return stream.body
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => read(line.slice('data: '.length)))
    .filter((event) => event !== null)
    .reduce((answer, event, index) => answerAfter(answer, event, index), newAnswer(null, 0));
}

async function stepOf({ get }: TestApp, id: string): Promise<StoredStep> {
  const response = storedResponse((await get(`/v1/responses/${id}`)).json());
  const input = storedItems((await get(`/v1/responses/${id}/input_items?order=asc`)).json()).data;
  return { response, input };
}

describe('a conversation that the server keeps', () => {
  it('goes on from its last response, and is found there again', async () => {
    const made = await testApp();
    const first = question('a', null, 'First?');
    const answer = await answerTo(made, responseBody({ ...settings, maxTokens: 5 }, [first]));
    expect(answer).toMatchObject({ state: { status: 'ended', reason: 'length' }, isStored: true });
    expect(answer.timings?.outputTokens).toBe(5);

    const reply: Turn = { type: 'reply', id: 'b', parent: 'a', answer };
    const path = [first, reply, question('c', 'b', 'Second?')];
    const body = responseBody(settings, path);
    expect(body).toMatchObject({
      previous_response_id: answer.responseId,
      input: [{ role: 'user', content: 'Second?' }],
    });
    const second = await answerTo(made, body);
    const steps = await Promise.all([answer, second].map(({ responseId }) => stepOf(made, responseId ?? '')));
    expect(steps[1]?.response.previous_response_id).toBe(answer.responseId);
    expect(questionIn(steps[1]?.input ?? [])).toBe('Second?');

    const turns = turnsOf(steps);
    const texts = turns.map((turn) => (turn.type === 'reply' ? textOf(turn.answer) : 'text' in turn && turn.text));
    expect(texts).toEqual(['First?', textOf(answer), 'Second?', textOf(second)]);
    expect(turns.map(({ parent }) => parent)).toEqual([null, ...turns.slice(0, -1).map(({ id }) => id)]);
    expect(lastStored(turns)).toBe(second.responseId);
  });

  it('has calls of tools, and their results', async () => {
    const made = await testApp();
    const tooled = { ...settings, more: JSON.stringify({ tools: [tool] }) };
    const first = question('a', null, 'look_up {"what":"it"}');
    const answer = await answerTo(made, responseBody(tooled, [first]));
    expect(answer.state).toEqual({ status: 'ended', reason: 'tool_calls' });
    const [call] = answer.parts.filter((part) => part.type === 'call');
    expect(call).toMatchObject({ name: 'look_up', arguments: '{"what":"it"}' });

    const reply: Turn = { type: 'reply', id: 'b', parent: 'a', answer };
    const results: Turn = { type: 'results', id: 'c', parent: 'b', results: [{ callId: call?.id ?? '', text: '42' }] };
    const second = await answerTo(made, responseBody(tooled, [first, reply, results]));
    const steps = await Promise.all([answer, second].map(({ responseId }) => stepOf(made, responseId ?? '')));
    expect(turnsOf(steps).map(({ type }) => type)).toEqual(['question', 'reply', 'results', 'reply']);
    expect(turnsOf(steps)[2]).toMatchObject({ results: [{ callId: call?.id, text: '42' }] });
  });

  it('is deleted there with all branches that the page knows', async () => {
    const { deleteStored } = (await import(storedModule)) as {
      deleteStored: (ids: readonly string[]) => Promise<void>;
    };
    const made = await testApp();
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    vi.stubGlobal('fetch', async (path: string, { method }: { readonly method: 'GET' | 'DELETE' }) => {
      const { payload, statusCode } = await made.app.inject({ method, url: `/${path}` });
      return new Response(payload, { status: statusCode });
    });
    const first = question('a', null, 'First?');
    const answer = await answerTo(made, responseBody(settings, [first]));
    const reply: Turn = { type: 'reply', id: 'b', parent: 'a', answer };
    const next = responseBody(settings, [first, reply, question('c', 'b', 'Second?')]);
    const branches = [await answerTo(made, next), await answerTo(made, next)];
    const replies = branches.map((each, index): Turn => ({
      ...{ type: 'reply', id: `d${index}`, parent: 'c', answer: each },
    }));
    const ids = storedIds([first, reply, ...replies]);
    expect(ids).toEqual([answer, ...branches].map(({ responseId }) => responseId));
    const other = await answerTo(made, responseBody(settings, [first]));
    const statuses = (): Promise<number[]> =>
      Promise.all(
        [...ids, other.responseId ?? ''].map(async (id) => (await made.get(`/v1/responses/${id}`)).statusCode),
      );
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    // The first one is found by those that came after it.
    await deleteStored(ids.slice(1));
    expect(await statuses()).toEqual([404, 404, 404, 200]);
    await deleteStored(ids);
  });

  it('is sent as a whole as far as the server does not have it: what was said before, and what was stopped', () => {
    const stopped = { ...newAnswer(null, 0), parts: [{ type: 'text', text: 'Half an' }] } as const;
    const path: Turn[] = [
      question('a', null, 'First?'),
      { type: 'reply', id: 'b', parent: 'a', answer: stopped },
      question('c', 'b', 'Second?'),
    ];
    expect(lastStored(path)).toBeNull();
    expect(responseBody({ ...settings, system: 'Be brief.' }, path)).toMatchObject({
      instructions: 'Be brief.',
      previous_response_id: null,
      store: true,
      input: [
        { role: 'user', content: 'First?' },
        { role: 'assistant', content: 'Half an' },
        { role: 'user', content: 'Second?' },
      ],
    });
  });
});
