import { describe, expect, it } from 'vitest';
import { digestOf, type KeySettings, noRates } from '../../../../../src/core/config/key-settings.js';
import { usualTerms } from '../../../../../src/core/scheduler/jobs/demand.js';
import { linesApp } from '../../../../support/lines-app.js';
import { watchEvents } from '../../../../support/stream-client.js';
import { parseStream } from '../../../../support/stream-parts.js';

function key(name: string, role: KeySettings['role'], models?: readonly string[]): KeySettings {
  const digest = digestOf(name);
  const held = models === undefined ? {} : { models };
  return { name, digest, role, trafficClass: 'standard', terms: usualTerms, rates: noRates, ...held };
}

const keys = [
  key('coder', 'user', ['code']),
  key('guest', 'user', ['small']),
  key('anyone', 'user'),
  key('watcher', 'observer', ['code']),
  key('boss', 'admin'),
];
const all = ['chat', 'code', 'draw'];

interface Lines {
  readonly models: readonly { readonly name: string }[];
  readonly executors: readonly { readonly name: string }[];
}

function namesIn({ models, executors }: Lines): object {
  return { models: models.map(({ name }) => name), executors: executors.map(({ name }) => name) };
}

describe('the lines of several models', () => {
  it('are held one by one', async () => {
    const { app } = await linesApp({ models: all });
    const answers = [];
    for (const model of [undefined, 'chat', 'code']) {
      const payload = { model, hold: { id: 'a', seconds: 60 } };
      const answer = await app.inject({ method: 'PATCH', url: '/v1/queue', payload });
      answers.push([answer.statusCode, answer.json<{ error?: { param: string } }>().error?.param]);
    }
    expect(answers).toEqual([
      [400, 'model'],
      [200, undefined],
      [200, undefined],
    ]);
  });

  it.each([
    ['coder', ['code']],
    ['guest', ['chat']],
    ['anyone', all],
    ['watcher', all],
    ['boss', all],
  ])('are shown to the key %s as far as it may use them: %j', async (name, shown) => {
    const { app } = await linesApp({ models: all, aliases: ['small'], keys });
    const headers = { authorization: `Bearer ${name}` };
    const expected = { models: shown, executors: shown };
    expect(namesIn((await app.inject({ url: '/v1/queue', headers })).json<Lines>())).toEqual(expected);
    const { body } = await watchEvents(app, '/v1/queue/events', headers);
    const [snapshot] = parseStream(body).flatMap((part) => (part.type === 'data' ? [part.data] : []));
    expect(snapshot).toMatchObject({
      models: shown.map((model) => ({ name: model })),
      executors: shown.map((model) => ({ name: model })),
    });
  });
});
