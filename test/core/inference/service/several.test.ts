import { describe, expect, it } from 'vitest';
import type { AdmittedRequest, InferenceRequest } from '../../../../src/core/inference/request.js';
import { greedy } from '../../../support/sampling.js';
import { Client } from '../client.js';
import { House } from '../house.js';

const source = { type: 'text', text: 'Hello' } as const;

function request(id: string, changes: Partial<InferenceRequest> = {}): InferenceRequest {
  const ends = { stop: [], stopTokens: [], minTokens: 0, ignoreEos: false };
  return {
    id,
    source,
    maxTokens: 4,
    sampling: greedy,
    ...ends,
    format: { type: 'text' },
    thoughtTokens: null,
    ...changes,
  };
}

interface Sent {
  readonly clients: readonly Client[];
  readonly leaving: AbortController;
  readonly admission: Promise<AdmittedRequest>;
}

function submitAll({ inference, clock }: House, ...requests: readonly InferenceRequest[]): Sent {
  const leaving = new AbortController();
  const clients = requests.map((each) => new Client(each, clock));
  const submissions = clients.map((listener, index) => ({ request: requests[index] ?? request('none'), listener }));
  const admission = inference.submitAll(submissions, leaving.signal);
  admission.catch(() => undefined);
  return { clients, leaving, admission };
}

describe('several requests that are submitted as one', () => {
  it('run at the same time if there is room, and their prompt is prepared once', async () => {
    const house = await House.open({ maxConcurrency: 2 });
    const { clients } = submitAll(house, request('a'), request('b'));
    await house.pass(0);
    expect(house.engine.calls).toEqual(['prepare', 'generate a', 'generate b']);
    await house.pass(100);
    expect(clients.map(({ end }) => end?.what)).toEqual(['ended', 'ended']);
  });

  it('have different prompts prepared each', async () => {
    const house = await House.open({ maxConcurrency: 2 });
    submitAll(house, request('a'), request('b', { source: { type: 'text', text: 'Bye' } }));
    await house.pass(0);
    expect(house.engine.calls).toEqual(['prepare', 'prepare', 'generate a', 'generate b']);
  });

  it('wait where there is no room, and the place is that of the first', async () => {
    const house = await House.open({ maxConcurrency: 1 });
    await house.admit('first');
    const { admission } = submitAll(house, request('a'), request('b'));
    await house.pass(0);
    const admitted = await admission;
    expect(house.inference.waiting).toBe(2);
    expect(admitted.place()?.position).toBe(1);
    await house.pass(1000);
    expect(house.settled.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['first', 'completed'],
      ['a', 'completed'],
      ['b', 'completed'],
    ]);
  });

  it('are refused together if there is no place for one of them, at no cost for the engine', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 1 });
    const { admission } = submitAll(house, request('a'), request('b'), request('c'));
    await expect(admission).rejects.toMatchObject({ code: 'queue_full' });
    expect(house.engine.calls).toEqual([]);
    expect(house.settled.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
    expect([house.inference.running, house.inference.preparing]).toEqual([0, 0]);
  });

  it('are refused together if the limits have changed while they were prepared', async () => {
    const house = await House.open({ maxConcurrency: 2, maxQueue: 0 });
    const admitPrompts = house.engine.dawdle();
    const { admission } = submitAll(house, request('a'), request('b'));
    await house.pass(0);
    expect(house.inference.preparing).toBe(2);
    house.inference.resize({ maxConcurrency: 1 });
    admitPrompts();
    await expect(admission).rejects.toMatchObject({ code: 'queue_full' });
    expect([house.inference.running, house.inference.waiting]).toEqual([0, 0]);
  });

  it('are refused together if one prompt does not fit', async () => {
    const house = await House.open({ context: 8 });
    const { admission } = submitAll(
      house,
      request('a'),
      request('b', { source: { type: 'text', text: 'x'.repeat(9) } }),
    );
    await expect(admission).rejects.toMatchObject({ code: 'context_length_exceeded' });
    expect(house.inference.running).toBe(0);
  });

  it('all end when their client leaves', async () => {
    const house = await House.open({ maxConcurrency: 2 });
    const { leaving } = submitAll(house, request('a'), request('b'), request('c'));
    await house.pass(25);
    leaving.abort();
    expect([house.inference.running, house.inference.waiting]).toEqual([0, 0]);
    expect(house.settled.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['c', 'cancelled_waiting'],
      ['b', 'cancelled_running'],
      ['a', 'cancelled_running'],
    ]);
    expect(house.engine.calls).not.toContain('generate c');
  });

  it('end once each when some have ended before their client leaves', async () => {
    const house = await House.open({ maxConcurrency: 2 });
    const { leaving } = submitAll(house, request('a', { maxTokens: 1 }), request('b'));
    await house.pass(25);
    leaving.abort();
    expect(house.settled.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'completed'],
      ['b', 'cancelled_running'],
    ]);
  });
});

describe('several requests of which one would begin after their deadline', () => {
  function endingTogether(house: House, ...requests: readonly InferenceRequest[]): Sent {
    const sent = submitAll(house, ...requests);
    for (const { on } of sent.clients) {
      on.failed = () => {
        sent.leaving.abort();
      };
    }
    return sent;
  }

  it('are refused together', async () => {
    const house = await House.open({ maxConcurrency: 1, maxQueue: 10 });
    house.submit('measured', { maxTokens: 100 });
    await house.pass(1100);
    house.submit('first', { maxTokens: 100 });
    await house.pass(0);
    const late = { maxTokens: 100, deadlineMs: 1500 };
    const { admission } = endingTogether(house, request('a', late), request('b', late), request('c', late));
    await expect(admission).rejects.toMatchObject({ code: 'deadline' });
    expect(house.settled.map(({ id, outcome, error }) => [id, outcome, error?.code])).toEqual([
      ['measured', 'completed', undefined],
      ['b', 'refused', 'deadline'],
      ['a', 'refused', 'deadline'],
      ['c', 'refused', 'deadline'],
    ]);
    expect([house.inference.running, house.inference.waiting]).toEqual([1, 0]);
  });

  it('are dropped together', async () => {
    const house = await House.open({ maxConcurrency: 1, queueTimeoutMs: 0 });
    house.submit('first', { maxTokens: 100 });
    await house.pass(0);
    endingTogether(house, request('a', { deadlineMs: 300 }), request('b', { deadlineMs: 300 }));
    await house.pass(400);
    expect(house.settled.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'timed_out'],
      ['b', 'timed_out'],
    ]);
  });
});

describe('counting the tokens of a prompt', () => {
  it('takes no place in the queue, and no request is counted', async () => {
    const house = await House.open();
    const counted = house.inference.promptOf(request('a'), new AbortController().signal);
    await house.pass(0);
    expect(await counted).toHaveLength(5);
    expect(house.engine.calls).toEqual(['prepare']);
    expect(house.events).toEqual([]);
  });
});
