import type { ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify, type LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type * as json from '../../../../src/core/base/json.js';
import { member } from '../../../../src/core/base/json.js';
import { BodyMemory } from '../../../../src/core/server/http/connections/body-memory.js';
import { readJsonBodies } from '../../../../src/core/server/http/json-bodies.js';
import { testApp } from '../../../support/app.js';

const unlimited = { maxBodyBytes: 1_048_576, memory: new BodyMemory(Infinity) };

/** Called each time the text of a body is looked through. */
const looks = vi.hoisted(() => ({ onLook: (): void => undefined }));

vi.mock('../../../../src/core/base/json.js', async (original) => {
  const actual = await original<typeof json>();
  const jsonSize: typeof actual.jsonSize = (...given) => {
    looks.onLook();
    return actual.jsonSize(...given);
  };
  return { ...actual, jsonSize };
});

/** A body, which counts as long, of a client. */
interface Sent {
  readonly from: string;
  readonly name: string;
  readonly characters?: number;
}

/**
 * Sends all of them at once.
 *
 * @param keepsText whether the route takes them as text
 * @returns the names of bodies in the order in which they were read, by iteration of the event loop
 */
async function readTogether(bodies: readonly Sent[], keepsText = false): Promise<readonly (readonly string[])[]> {
  const app = fastify({ loggerInstance: pino({ enabled: false }) }).withTypeProvider<TypeBoxTypeProvider>();
  readJsonBodies(app, unlimited, ({ ip }) => ip);
  const iterations: string[][] = [[]];
  let isOver = false;
  const count = (): void => {
    iterations.push([]);
    if (!isOver) setImmediate(count);
  };
  app.post('/', { config: { keepsText } }, ({ body }) => {
    const value: unknown = keepsText ? JSON.parse(String(body)) : body;
    iterations.at(-1)?.push(String(member(value, 'name')));
    return {};
  });
  onTestFinished(() => app.close());
  await app.ready();
  setImmediate(count);
  await Promise.all(
    bodies.map(({ from, name, characters = 100_000 }): Promise<LightMyRequestResponse> => {
      const payload = { name, padding: 'a'.repeat(characters) };
      return app.inject({ method: 'POST', url: '/', remoteAddress: from, payload });
    }),
  );
  isOver = true;
  return iterations.filter(({ length }) => length > 0);
}

describe('long bodies that arrive together', () => {
  it('are read one in each iteration of the event loop, so that other things happen in between', async () => {
    const read = await readTogether(['a', 'b', 'c', 'd'].map((name) => ({ from: '10.0.0.1', name })));
    expect(read).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  it('are no exception where they are passed on as text', async () => {
    const many = ['a', 'b', 'c'].map((name) => ({ from: '10.0.0.1', name }));
    const read = await readTogether([...many, { from: '10.0.0.2', name: 'other' }], true);
    expect(read).toEqual([['a'], ['other'], ['b'], ['c']]);
  });

  it('take turns by client', async () => {
    const many = Array.from({ length: 4 }, (_, index) => ({ from: '10.0.0.1', name: `many ${index}` }));
    const read = await readTogether([...many, { from: '10.0.0.2', name: 'one' }]);
    expect(read.flat()).toEqual(['many 0', 'one', 'many 1', 'many 2', 'many 3']);
  });

  it('take turns by network where there are no keys, however many addresses a client has', async () => {
    const { app } = await testApp();
    const answered: string[] = [];
    const send = async (remoteAddress: string): Promise<void> => {
      const payload = { padding: 'a'.repeat(100_000) };
      await app.inject({ method: 'POST', url: '/v1/chat/completions', remoteAddress, payload });
      answered.push(remoteAddress);
    };
    const [first, ...many] = ['2001:db8:0:5::1', '2001:db8:0:5::2', '2001:db8:0:5:6:7:8:9', '2001:db8:0:5::4'];
    const other = '2001:db8:0:6::1';
    await Promise.all([first, ...many, other].map(send));
    expect(answered).toEqual([first, other, ...many]);
  });

  it('keep no short one waiting', async () => {
    const many = Array.from({ length: 4 }, (_, index) => ({ from: '10.0.0.1', name: `many ${index}` }));
    const [first] = await readTogether([...many, { from: '10.0.0.1', name: 'short', characters: 10 }]);
    expect(first).toContain('short');
  });

  it('that are not JSON keep nobody waiting', async () => {
    const { app, ask } = await testApp();
    const [broken, next] = await Promise.all([
      ask('/v1/chat/completions', `{"messages": ${'['.repeat(900)} ${' '.repeat(100_000)}`),
      ask('/v1/chat/completions', `{"padding": "${'a'.repeat(100_000)}"}`),
    ]);
    expect(broken.statusCode).toBe(400);
    expect(next.json()).toMatchObject({ error: { param: 'messages' } });
    await app.close();
  });
});

describe('a long body whose client leaves while it waits for its turn', () => {
  it('is never read, and the next one takes its turn', async () => {
    const app = fastify({ loggerInstance: pino({ enabled: false }) }).withTypeProvider<TypeBoxTypeProvider>();
    onTestFinished(() => app.close());
    const sockets = new Map<unknown, ServerResponse>();
    app.addHook('onRequest', (request, { raw }, done) => {
      sockets.set(request.headers['x-name'], raw);
      done();
    });
    readJsonBodies(app, unlimited, () => 'one client');
    const handled: unknown[] = [];
    app.post('/', ({ body }) => {
      const name = member(body, 'name');
      if (name === 'first') sockets.get('second')?.emit('close');
      handled.push(name);
      return {};
    });
    await app.ready();
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => {
      parse.mockRestore();
    });
    const statuses = await Promise.all(
      ['first', 'second', 'third'].map(async (name) => {
        const payload = { name, padding: 'a'.repeat(100_000) };
        const headers = { 'x-name': name };
        // Of a request whose client has left, `inject` says that there is no answer.
        const answer = await app.inject({ method: 'POST', url: '/', headers, payload }).catch(() => null);
        return answer?.statusCode ?? null;
      }),
    );
    expect(handled).toEqual(['first', 'third']);
    expect(parse.mock.calls.map(([text]) => text.slice(0, 20)).join()).not.toContain('second');
    expect(statuses).toEqual([200, null, 200]);
  });
});

describe('a long body', () => {
  /** @returns what happens to a body of so many characters, and how many iterations of the event loop begin meanwhile */
  async function steps(characters: number): Promise<readonly string[]> {
    const app = fastify({ loggerInstance: pino({ enabled: false }) }).withTypeProvider<TypeBoxTypeProvider>();
    onTestFinished(() => app.close());
    const happened: string[] = [];
    let isOver = false;
    const count = (): void => {
      happened.push('next iteration');
      if (!isOver) setImmediate(count);
    };
    looks.onLook = () => {
      happened.push('looked through');
    };
    onTestFinished(() => {
      looks.onLook = () => undefined;
    });
    readJsonBodies(app, unlimited, ({ ip }) => ip);
    app.setValidatorCompiler(() => () => {
      happened.push('checked');
      return true;
    });
    app.addHook('preValidation', (_request, _reply, done) => {
      happened.push('read');
      done();
    });
    app.post('/', { schema: { body: {} } }, () => {
      happened.push('handled');
      return {};
    });
    await app.ready();
    const parse = vi.spyOn(JSON, 'parse').mockImplementation((text: string) => {
      happened.push('parsed');
      return { characters: text.length };
    });
    onTestFinished(() => {
      parse.mockRestore();
    });
    setImmediate(count);
    await app.inject({ method: 'POST', url: '/', payload: { padding: 'a'.repeat(characters) } });
    isOver = true;
    return happened.slice(happened.indexOf('looked through'), happened.indexOf('handled') + 1);
  }

  it('is looked through, parsed, checked and handled in an iteration each', async () => {
    const next = 'next iteration';
    const expected = ['looked through', next, 'parsed', next, 'read', 'checked', next, 'handled'];
    expect(await steps(100_000)).toEqual(expected);
  });

  it('takes longer than a short one, which is done at once', async () => {
    expect(await steps(2000)).toEqual(['looked through', 'parsed', 'read', 'checked', 'handled']);
  });
});

describe('a body with levels of objects and lists', () => {
  const nested = (levels: number): string => `{"ignored": ${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  it('may have 1024 of them, where they do not matter', async () => {
    const { ask } = await testApp();
    expect((await ask('/v1/chat/completions', nested(1024))).json()).toMatchObject({ error: { param: 'messages' } });
  });

  it.each([1025, 500_000])('may not have %d', async (levels) => {
    const { ask } = await testApp();
    const answer = await ask('/v1/chat/completions', nested(levels));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toEqual({
      error: {
        message: 'The request body is nested too deeply. At most 1024 levels of objects and lists are supported.',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_request',
      },
    });
  });
});

describe('a body with many objects and lists', () => {
  const crowded = (count: number): string => `{"ignored": [${'[],'.repeat(count - 3)}[]]}`;

  it.each([
    [undefined, 52_428],
    [2_000_000, 100_000],
    [200_000, 50_000],
  ])('may have one for each 20 bytes of %s, or 50,000: %i', async (maxBodyBytes, most) => {
    const { ask } = await testApp({ server: { ...(maxBodyBytes !== undefined && { maxBodyBytes }) } });
    expect((await ask('/v1/chat/completions', crowded(most))).json()).toMatchObject({ error: { param: 'messages' } });
    const answer = await ask('/v1/chat/completions', crowded(most + 1));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { code: 'invalid_request', message: expect.stringContaining(`At most ${most} are supported`) as string },
    });
  });
});

describe('a body with many different names of members', () => {
  const named = (count: number): string => {
    const members = Array.from({ length: count }, (_, index) => `"${index.toString(36)}":0`);
    return `{"ignored": {${members.join()}}}`;
  };

  it.each([
    [undefined, 20_971],
    [2_000_000, 40_000],
    [600_000, 20_000],
  ])('may have one for each 50 bytes of %s, or 20,000: %i', async (maxBodyBytes, most) => {
    const { ask } = await testApp({ server: { ...(maxBodyBytes !== undefined && { maxBodyBytes }) } });
    const allowed = await ask('/v1/chat/completions', named(most - 1));
    expect(allowed.json()).toMatchObject({ error: { param: 'messages' } });
    // They are told apart by hashes, so that some are taken for one that was there before.
    const answer = await ask('/v1/chat/completions', named(Math.ceil(most * 1.1)));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { code: 'invalid_request', message: expect.stringContaining(`At most ${most} are supported`) as string },
    });
  });

  it('may have more members than that of the same names', async () => {
    const { ask } = await testApp();
    const body = `{"ignored": [${'{"a":0,"b":1},'.repeat(30_000)}0]}`;
    expect((await ask('/v1/chat/completions', body)).json()).toMatchObject({ error: { param: 'messages' } });
  });
});

describe('a body with many different short strings', () => {
  const listed = (strings: readonly string[]): string => JSON.stringify({ ignored: strings });
  const distinct = (count: number): string[] => Array.from({ length: count }, (_, index) => index.toString(36));

  it.each([
    [undefined, 34_952],
    [2_000_000, 66_666],
    [800_000, 30_000],
  ])('may have one for each 30 bytes of %s, or 30,000: %i', async (maxBodyBytes, most) => {
    const { ask } = await testApp({ server: { ...(maxBodyBytes !== undefined && { maxBodyBytes }) } });
    const allowed = await ask('/v1/chat/completions', listed(distinct(most - 1)));
    expect(allowed.json()).toMatchObject({ error: { param: 'messages' } });
    // They are told apart by hashes, so that some are taken for one that was there before.
    const answer = await ask('/v1/chat/completions', listed(distinct(Math.ceil(most * 1.1))));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { code: 'invalid_request', message: expect.stringContaining(`At most ${most} of up to ten`) as string },
    });
  });

  it('may have more of the same, and more longer ones', async () => {
    const { ask } = await testApp({ server: { maxBodyBytes: 2_000_000 } });
    for (const strings of [
      distinct(200_000).map((text) => text.slice(-2)),
      distinct(110_000).map((text) => text.padStart(11, '-')),
    ]) {
      const answer = await ask('/v1/chat/completions', listed(strings));
      expect(answer.json()).toMatchObject({ error: { param: 'messages' } });
    }
  });
});
