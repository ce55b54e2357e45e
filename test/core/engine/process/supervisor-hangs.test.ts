import { describe, expect, it } from 'vitest';
import { outcomeOf, specOf } from '../mock/mock-harness.js';
import { stage, statuses } from './supervisor-stage.js';

describe('supervisor of an engine that hangs', () => {
  it.each(['stopSilently', 'stuck'] as const)('kills it (%s) and goes on where it stopped', async (manner) => {
    const { clock, supervisor, child, events, hangs, states } = stage();
    await supervisor.start();
    supervisor.generate(specOf('a', { maxTokens: 6 }));
    await clock.advanceAsync(55);
    if (manner === 'stuck') child().stuck = true;
    else child().stopSilently();
    await clock.advanceAsync(125_000);
    expect(hangs).toMatchObject([{ pid: 1, reason: expect.stringMatching(/^The engine process hung: /) as unknown }]);
    expect(statuses(states)).toEqual(['ready', 'restarting 1', 'ready']);
    expect(states[1]).toMatchObject({ reason: hangs[0]?.reason });
    expect(outcomeOf(events)).toMatchObject({ text: '1 2 3 4 5 6', reason: 'length' });
  });

  it('sends the calls that the stopped process did not answer to the next one', async () => {
    const { clock, supervisor, child, hangs } = stage();
    await supervisor.start();
    child().mute = true;
    child().stopSilently();
    const answer = supervisor.tokenize('b');
    await clock.advanceAsync(65_000);
    expect(await answer).toEqual([98]);
    expect(hangs.length).toBe(1);
  });

  it('does not wait for a process that even a kill does not end', async () => {
    const { clock, supervisor, child, children, states } = stage();
    await supervisor.start();
    child().undying = true;
    child().stopSilently();
    await clock.advanceAsync(70_000);
    expect(children.length).toBe(2);
    expect(statuses(states)).toEqual(['ready', 'restarting 1', 'ready']);
  });

  it('gives up if every engine hangs, however late that is noticed', async () => {
    const { clock, supervisor, child, children, events, hangs } = stage();
    await supervisor.start();
    for (let hang = 1; hang <= 4; hang += 1) {
      supervisor.generate(specOf(`a${hang}`, { maxTokens: 3000 }));
      await clock.advanceAsync(5000);
      child().stuck = true;
      await clock.advanceAsync(120_000);
      expect(hangs.length).toBe(hang);
    }
    expect(children.length).toBe(4);
    expect(events.filter(({ type }) => type === 'failed')).toMatchObject([
      { id: 'a1', code: 'engine_failed' },
      { id: 'a2', code: 'engine_failed' },
      { id: 'a4', code: 'engine_unavailable' },
      { id: 'a3', code: 'engine_failed' },
    ]);
    expect(supervisor.state).toMatchObject({ status: 'failed', reason: hangs[3]?.reason });
  });

  it('does not watch anything after it was stopped', async () => {
    const { clock, supervisor, hangs, children } = stage();
    await supervisor.start();
    await supervisor.stop();
    await clock.advanceAsync(200_000);
    expect(hangs).toEqual([]);
    expect(children.length).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
