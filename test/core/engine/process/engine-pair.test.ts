import { describe, expect, it } from 'vitest';
import type { EngineState, GenerationEvent } from '../../../../src/core/engine/engine.js';
import { EnginePair } from '../../../../src/core/engine/process/engine-pair.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { outcomeOf, specOf } from '../mock/mock-harness.js';
import { noModel, type Stage, stage, statuses } from './supervisor-stage.js';

interface PairStage {
  readonly clock: VirtualClock;
  readonly pair: EnginePair;
  readonly engine: Stage;
  readonly prompts: Stage;
  readonly states: readonly EngineState[];
  readonly events: readonly GenerationEvent[];
}

function pairStage(): PairStage {
  const clock = new VirtualClock();
  const engine = stage({ clock });
  const prompts = stage({ clock, role: 'prompts', tenacity: 'never_gives_up' });
  const pair = new EnginePair(engine.supervisor, prompts.supervisor);
  const states: EngineState[] = [];
  const events: GenerationEvent[] = [];
  pair.states((state) => states.push(state));
  pair.rounds((round) => events.push(...round.events));
  return { clock, pair, engine, prompts, states, events };
}

describe('engine pair', () => {
  it('is ready once both processes are', async () => {
    const { pair, states } = pairStage();
    expect(pair.state.status).toBe('starting');
    expect(await pair.start()).toMatchObject({ engine: 'mock' });
    expect(statuses(states)).toEqual(['ready']);
    expect(pair.processes.map(({ role, pid }) => [role, pid])).toEqual([
      ['engine', 1],
      ['prompts', 1],
    ]);
  });

  it('asks one process for prompts and the other one for generations', async () => {
    const { clock, pair, engine, prompts, events } = pairStage();
    await pair.start();
    expect(await pair.prepare({ type: 'text', text: 'a' })).toMatchObject({ prompt: [97] });
    expect(await pair.detokenize(await pair.tokenize('b'))).toBe('b');
    expect(await pair.spell([98])).toEqual([{ name: 'b', piece: 'b' }]);
    pair.generate(specOf('a', { maxTokens: 3 }));
    pair.generate(specOf('b'));
    pair.cancel('b');
    await clock.advanceAsync(1000);
    expect(outcomeOf(events)).toMatchObject({ text: '1 2 3', reason: 'length' });
    expect(prompts.child().asked).toEqual(['a']);
    expect(engine.child().asked).toEqual([]);
    expect(prompts.events).toEqual([]);
  });

  it('goes on generating while the prompt process restarts, and prompts wait', async () => {
    const { clock, pair, engine, prompts, states, events } = pairStage();
    await pair.start();
    pair.generate(specOf('a', { maxTokens: 6 }));
    await clock.advanceAsync(25);
    prompts.child().die();
    await clock.advanceAsync(30);
    const prompt = pair.prepare({ type: 'text', text: 'a' });
    expect(pair.state).toMatchObject({
      status: 'restarting',
      reason: expect.stringContaining('prompt process') as unknown,
    });
    expect(events.filter(({ type }) => type === 'token').length).toBeGreaterThan(2);
    await clock.advanceAsync(500);
    expect(await prompt).toMatchObject({ prompt: [97] });
    expect(outcomeOf(events)).toMatchObject({ text: '1 2 3 4 5 6', reason: 'length' });
    expect(events.filter(({ type }) => type === 'started').length).toBe(1);
    expect(statuses(states)).toEqual(['ready', 'restarting 1', 'ready']);
    expect(engine.children.length).toBe(1);
  });

  it('prepares prompts while the engine restarts', async () => {
    const { clock, pair, engine } = pairStage();
    await pair.start();
    engine.child().die();
    await clock.advanceAsync(10);
    expect(pair.state.status).toBe('restarting');
    expect(await pair.prepare({ type: 'text', text: 'a' })).toMatchObject({ prompt: [97] });
  });

  it('reports every restart, and is ready when the last one is over', async () => {
    const { clock, pair, engine, prompts, states } = pairStage();
    await pair.start();
    engine.setStarts(false);
    engine.child().die();
    prompts.child().die();
    await clock.advanceAsync(250);
    engine.setStarts(true);
    await clock.advanceAsync(5000);
    expect(statuses(states)).toEqual(['ready', 'restarting 1', 'restarting 1', 'restarting 2', 'ready']);
    expect(states.at(-1)).toEqual(engine.supervisor.state);
  });

  it('has failed when one part has', async () => {
    const { clock, pair, prompts, states, events } = pairStage();
    await pair.start();
    pair.generate(specOf('a', { maxTokens: 6 }));
    prompts.setStarts(false);
    prompts.child().die();
    await clock.advanceAsync(10_000);
    expect(pair.state.status).toBe('failed');
    expect(outcomeOf(events)).toMatchObject({ reason: 'length' });
    await expect(pair.tokenize('a')).rejects.toMatchObject({ code: 'engine_unavailable' });
    prompts.setStarts(true);
    await clock.advanceAsync(60_000);
    expect(statuses(states).slice(-2)).toEqual(['failed', 'ready']);
  });

  it.each(['engine', 'prompts'] as const)('ends both if the first start of one fails (%s)', async (part) => {
    const house = pairStage();
    const { pair, engine, prompts } = house;
    house[part].setStarts(false);
    await expect(pair.start()).rejects.toBe(noModel);
    expect(engine.child().alive).toBe(false);
    expect(prompts.child().alive).toBe(false);
  });

  it('ends both if it is stopped while they load', async () => {
    const { pair, engine, prompts } = pairStage();
    const start = pair.start();
    await Promise.all([pair.stop(), expect(start).rejects.toMatchObject({ code: 'engine_unavailable' })]);
    expect(pair.state.status).toBe('stopped');
    expect(engine.child().alive || prompts.child().alive).toBe(false);
  });
});
