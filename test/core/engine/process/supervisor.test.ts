import { describe, expect, it } from 'vitest';
import { outcomeOf, specOf } from '../mock/mock-harness.js';
import { noModel, stage, statuses } from './supervisor-stage.js';

describe('supervisor', () => {
  it('goes on with every generation where the dead engine stopped', async () => {
    const { clock, supervisor, child, events, states } = stage();
    await supervisor.start();
    supervisor.generate(specOf('a', { maxTokens: 6 }));
    supervisor.generate(specOf('b', { maxTokens: 9, stop: ['4 5'] }));
    await clock.advanceAsync(55);
    child().die();
    await clock.advanceAsync(99);
    expect(supervisor.state).toMatchObject({ status: 'restarting', attempt: 1 });
    expect(supervisor.pid).toBe(null);
    await clock.advanceAsync(500);
    expect(statuses(states)).toEqual(['ready', 'restarting 1', 'ready']);
    expect(supervisor.pid).toBe(2);
    const a = events.filter(({ id }) => id === 'a');
    expect(outcomeOf(a)).toMatchObject({ text: '1 2 3 4 5 6', reason: 'length' });
    expect(a.filter(({ type }) => type === 'started').length).toBe(2);
    expect(outcomeOf(events.filter(({ id }) => id === 'b'))).toMatchObject({ text: '1 2 3 ', reason: 'stop' });
  });

  it('does not go on with a generation during which two engines have died', async () => {
    const { clock, supervisor, child, events } = stage();
    await supervisor.start();
    supervisor.generate(specOf('a', { maxTokens: 12 }));
    await clock.advanceAsync(45);
    child().die();
    await clock.advanceAsync(20);
    supervisor.generate(specOf('b', { maxTokens: 12 }));
    await clock.advanceAsync(140);
    child().die();
    await clock.advanceAsync(2000);
    const a = events.filter(({ id }) => id === 'a');
    expect(a.at(-1)).toMatchObject({
      type: 'failed',
      code: 'engine_failed',
      message: expect.stringContaining('The engine process has died twice') as unknown,
    });
    expect(a.filter(({ type }) => type === 'started').length).toBe(2);
    const b = events.filter(({ id }) => id === 'b');
    expect(outcomeOf(b)).toMatchObject({ text: '1 2 3 4 5 6 7 8 9 10 11 12', reason: 'length' });
  });

  it('does not blame a generation for a restart that fails', async () => {
    const { clock, supervisor, child, events, setStarts } = stage();
    await supervisor.start();
    supervisor.generate(specOf('a', { maxTokens: 6 }));
    await clock.advanceAsync(25);
    setStarts(false);
    child().die();
    await clock.advanceAsync(550);
    setStarts(true);
    await clock.advanceAsync(3000);
    expect(outcomeOf(events)).toMatchObject({ text: '1 2 3 4 5 6', reason: 'length' });
  });

  it('keeps calls and generations of an outage, except cancelled ones', async () => {
    const { clock, supervisor, child, events } = stage();
    await supervisor.start();
    supervisor.generate(specOf('a'));
    await clock.advanceAsync(25);
    child().die();
    await clock.advanceAsync(10);
    const prompt = supervisor.prepare({ type: 'text', text: 'hi' });
    supervisor.generate(specOf('b', { maxTokens: 2 }));
    supervisor.generate(specOf('c'));
    supervisor.cancel('a');
    supervisor.cancel('c');
    const before = events.length;
    await clock.advanceAsync(1000);
    expect(await prompt).toMatchObject({ prompt: [104, 105] });
    expect(new Set(events.slice(before).map(({ id }) => id))).toEqual(new Set(['b']));
  });

  it('sends the calls that a dead engine did not answer to the next one', async () => {
    const { clock, supervisor, child } = stage();
    await supervisor.start();
    child().mute = true;
    const answers = Promise.all([
      supervisor.prepare({ type: 'text', text: 'a' }),
      supervisor.tokenize('b'),
      supervisor.detokenize([99]),
      supervisor.spell([100]),
    ]);
    child().die();
    await clock.advanceAsync(100);
    expect(await answers).toMatchObject([{ prompt: [97] }, [98], 'c', [{ name: 'd', piece: 'd' }]]);
  });

  it('passes on a refusal without asking again', async () => {
    const { supervisor } = stage();
    await supervisor.start();
    await expect(supervisor.detokenize([-1])).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('waits longer before each restart, and gives up after three', async () => {
    const { clock, supervisor, child, children, states, events } = stage();
    await supervisor.start();
    for (const [delayMs, launched] of [
      [100, 2],
      [500, 3],
      [2000, 4],
    ] as const) {
      child().die();
      await clock.advanceAsync(delayMs - 1);
      expect(children.length).toBe(launched - 1);
      await clock.advanceAsync(1);
      expect(children.length).toBe(launched);
    }
    child().mute = true;
    const call = supervisor.tokenize('x');
    supervisor.generate(specOf('a'));
    supervisor.generate(specOf('b'));
    child().die('SIGKILL');
    await expect(call).rejects.toMatchObject({ code: 'engine_unavailable' });
    expect(supervisor.state).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('out of memory') as unknown,
    });
    expect(events).toMatchObject(['a', 'b'].map((id) => ({ type: 'failed', id, code: 'engine_unavailable' })));
    expect(statuses(states)).toEqual([
      ...['ready', 'restarting 1', 'ready', 'restarting 2', 'ready', 'restarting 3', 'ready'],
      'failed',
    ]);
  });

  it('counts restarts that fail to load', async () => {
    const { clock, supervisor, child, children, setStarts } = stage();
    await supervisor.start();
    setStarts(false);
    child().die();
    await clock.advanceAsync(2600);
    expect(children.length).toBe(4);
    expect(supervisor.state).toEqual({ status: 'failed', reason: 'There is no model.' });
  });

  it('refuses everything at once after it has failed, and comes back when a slow retry succeeds', async () => {
    const { clock, supervisor, child, events, states, setStarts } = stage();
    await supervisor.start();
    setStarts(false);
    child().die();
    await clock.advanceAsync(2600);
    supervisor.generate(specOf('a'));
    expect(events).toEqual([]);
    await expect(supervisor.tokenize('x')).rejects.toMatchObject({ code: 'engine_unavailable' });
    expect(events).toMatchObject([{ type: 'failed', id: 'a', code: 'engine_unavailable' }]);
    await clock.advanceAsync(60_000);
    expect(supervisor.state.status).toBe('failed');
    setStarts(true);
    await clock.advanceAsync(60_000);
    expect(supervisor.state.status).toBe('ready');
    expect(await supervisor.tokenize('x')).toEqual([120]);
    expect(statuses(states).filter((status) => status === 'failed').length).toBe(1);
  });

  it('rejects a failed first start with the error of the engine, and does not retry', async () => {
    const { clock, supervisor, child, children, setStarts } = stage();
    setStarts(false);
    await expect(supervisor.start()).rejects.toBe(noModel);
    await clock.advanceAsync(200_000);
    expect(children.length).toBe(1);
    expect(child().alive).toBe(false);
    expect(supervisor.state.status).toBe('failed');
  });

  it('stays stopped when its engine finishes loading after that', async () => {
    const { supervisor, states } = stage();
    const started = supervisor.start();
    await Promise.all([supervisor.stop(), expect(started).rejects.toMatchObject({ code: 'engine_unavailable' })]);
    expect(statuses(states)).toEqual(['stopped']);
    await expect(supervisor.tokenize('x')).rejects.toMatchObject({ code: 'engine_unavailable' });
  });

  it('launches nothing more after it was stopped', async () => {
    const { clock, supervisor, child, children, states } = stage();
    await supervisor.start();
    child().die();
    await clock.advanceAsync(0);
    const call = supervisor.tokenize('x');
    await Promise.all([supervisor.stop(), expect(call).rejects.toMatchObject({ code: 'engine_unavailable' })]);
    await clock.advanceAsync(200_000);
    expect(children.length).toBe(1);
    expect(statuses(states)).toEqual(['ready', 'restarting 1', 'stopped']);
  });
});
