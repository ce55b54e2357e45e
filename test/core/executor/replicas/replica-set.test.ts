import { describe, expect, it } from 'vitest';
import { usualTerms } from '../../../../src/core/scheduler/jobs/demand.js';
import { countedTo, ReplicaStage } from './replica-stage.js';

const long = { maxTokens: 12 };

/** A prompt of that many tokens, which begins like all others of the same letter. */
function text(letter: string, tokens: number): { readonly source: { readonly type: 'text'; readonly text: string } } {
  return { source: { type: 'text', text: letter.repeat(tokens) } };
}

describe('several engines for one line', () => {
  it('share the requests evenly, and the first in line gets the place that becomes free', async () => {
    const stage = await ReplicaStage.open();
    await stage.admit(['a', 'b', 'c'], long);
    const [d, e] = await stage.admit(['d', 'e'], { maxTokens: 2 });
    expect(stage.executors).toEqual(['local-1 2/2 ready', 'local-2 2/2 ready']);
    expect(e?.place()).toMatchObject({ position: 1 });
    await stage.pass(35);
    expect(d?.answer).toBe('1 2');
    expect(stage.child(1).begun.at(-1)).toBe('e');
    await stage.pass(200);
    expect(e?.timings).toMatchObject({ outputTokens: 2, executor: 'local-2' });
  });

  it('one that dies takes its places with it, and its generations go on in the next free ones before others begin', async () => {
    const stage = await ReplicaStage.open();
    const running = await stage.admit(['a', 'b', 'c', 'd'], long);
    const [waiting] = await stage.admit(['e']);
    await stage.pass(55);
    await stage.kill(0);
    expect(stage.executors).toEqual(['local-1 0/2 down', 'local-2 2/2 ready']);
    expect(stage.inference.ready).toBe(true);
    expect(stage.inference.limits.maxConcurrency).toBe(4);
    running[1]?.leave();
    await stage.pass(0);
    expect(stage.child(1).begun).toEqual(['b', 'd', 'a']);
    expect(waiting?.place()).toMatchObject({ position: 1 });
    await stage.pass(400);
    for (const client of [running[0], running[2], running[3]]) {
      expect(client?.answer).toBe(countedTo(12));
      expect(client?.timings).toMatchObject({ outputTokens: 12 });
    }
    expect(waiting?.answer).toBe(countedTo(4));
    expect(stage.executors).toEqual(['local-1 0/2 ready', 'local-2 0/2 ready']);
    expect(stage.faults).toEqual([]);
  });

  it('are down only when none is left, and then go on with what survives a second death', async () => {
    const stage = await ReplicaStage.open();
    const clients = await stage.admit(['a', 'b', 'c'], long);
    await stage.pass(35);
    await stage.kill(0);
    await stage.kill(1);
    expect(stage.inference.readiness).toBe('restarting');
    await stage.pass(1000);
    // a went from the first engine to the second, which died as well; c was waiting for a place then.
    expect(clients.map(({ answer, error }) => error?.code ?? answer)).toEqual([
      'engine_failed',
      countedTo(12),
      countedTo(12),
    ]);
    expect(stage.inference.ready).toBe(true);
  });

  it('fail a generation that was at work at two deaths, wherever they were', async () => {
    const stage = await ReplicaStage.open();
    const [poison] = await stage.admit(['poison'], long);
    await stage.pass(25);
    await stage.kill(0);
    expect(stage.child(1).begun).toEqual(['poison']);
    await stage.kill(1);
    expect(poison?.error?.code).toBe('engine_failed');
    expect(stage.inference.running).toBe(0);
  });

  it('limit what runs to what is up, and resizing to all slots', async () => {
    const stage = await ReplicaStage.open();
    await stage.kill(0);
    await stage.admit(['a', 'b', 'c'], long);
    expect(stage.inference).toMatchObject({ running: 2, waiting: 1 });
    stage.inference.resize({ maxConcurrency: 1 });
    expect(stage.inference.limits.maxConcurrency).toBe(1);
    stage.inference.resize({ maxConcurrency: 3 });
    expect(stage.inference).toMatchObject({ running: 2, waiting: 1 });
    await stage.pass(110);
    expect(stage.inference).toMatchObject({ running: 3, waiting: 0 });
    expect(() => {
      stage.inference.resize({ maxConcurrency: 5 });
    }).toThrow('max_concurrency can be at most 4');
  });

  it('keep a conversation where its beginning is, and a beginning that several have where the load is least', async () => {
    const stage = await ReplicaStage.open({ places: [3, 3] });
    await stage.admit(['x'], text('x', 64));
    await stage.admit(['y'], text('y', 64));
    await stage.pass(200);
    await stage.admit(['y again'], { ...text('y', 200), ...long });
    await stage.admit(['y and more'], { ...text('y', 300), ...long });
    expect(stage.child(1).begun).toEqual(['y', 'y again', 'y and more']);
    // Two of three places more than the other: too much for a beginning. From now on both have it.
    await stage.admit(['third', 'fourth'], { ...text('y', 64), ...long });
    expect(stage.child(0).begun).toEqual(['x', 'third', 'fourth']);
  });

  it('forget what an engine held when its process dies', async () => {
    const stage = await ReplicaStage.open();
    await stage.admit(['x'], text('x', 64));
    await stage.admit(['y'], text('y', 64));
    await stage.pass(200);
    await stage.kill(1);
    await stage.pass(1000);
    await stage.admit(['y again'], text('y', 64));
    expect(stage.child(0).begun).toEqual(['x', 'y again']);
  });

  it('end what runs when their line is drained, and then stop', async () => {
    const stage = await ReplicaStage.open();
    const [a] = await stage.admit(['a']);
    const drained = stage.inference.drain();
    expect(stage.executors).toEqual(['local-1 1/2 draining', 'local-2 0/2 draining']);
    await stage.pass(200);
    await drained;
    expect(a?.answer).toBe(countedTo(4));
    await stage.set.stop();
    expect(stage.inference.readiness).toBe('draining');
    expect(stage.set.state.status).toBe('stopped');
  });

  it('starts no more than there are places for, whatever is reserved', async () => {
    const terms = new Map([['anna', { ...usualTerms, reserve: 2 }]]);
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms } as const;
    const stage = await ReplicaStage.open({ fair });
    expect(() => {
      stage.inference.resize({ maxConcurrency: 2 });
    }).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    await stage.admit(['a', 'b'], { key: 'ben', maxTokens: 50 });
    await stage.kill(0);
    await stage.admit(['c'], { key: 'anna' });
    expect([stage.inference.running, stage.inference.waiting]).toEqual([2, 1]);
    // The keys are changed as the limit allows it, not as many engines as are up.
    stage.inference.configureKeys(new Map([['anna', { ...usualTerms, reserve: 3 }]]));
    expect(stage.inference.limits.maxConcurrency).toBe(4);
  });
});
