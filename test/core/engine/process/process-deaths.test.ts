import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../../../src/core/engine/engine.js';
import { superviseEngine } from '../../../../src/core/engine/process/supervise-engine.js';
import type { SupervisedEngine } from '../../../../src/core/engine/process/supervised-engine.js';
import { until } from '../../../support/until.js';
import { mockOptions, outcomeOf, specOf } from '../mock/mock-harness.js';
import { fixture, lives, pidOf } from './processes.js';

const fast = { ...mockOptions, prefillMs: 5, tokenMs: 2 };

describe('deaths of processes', () => {
  let engine: SupervisedEngine | null = null;

  afterEach(async () => {
    await engine?.stop();
  });

  it('a killed engine comes back, and its streams go on exactly', async () => {
    engine = superviseEngine({ engine: fast });
    const events: GenerationEvent[] = [];
    engine.rounds((round) => events.push(...round.events));
    await engine.start();
    const first = pidOf(engine);
    engine.generate(specOf('a', { maxTokens: 100 }));
    engine.generate(specOf('b', { maxTokens: 60, stop: ['49 50'] }));
    await until(() => events.length > 40, 'twenty rounds');
    process.kill(first, 'SIGKILL');
    const question = engine.prepare({ type: 'text', text: 'hi' });
    await until(() => events.filter(({ type }) => type === 'ended').length === 2, 'both ends');
    const expected = Array.from({ length: 100 }, (_, index) => String(index + 1)).join(' ');
    expect(outcomeOf(events.filter(({ id }) => id === 'a'))).toMatchObject({ text: expected, reason: 'length' });
    const stopped = expected.slice(0, expected.indexOf('49 50'));
    expect(outcomeOf(events.filter(({ id }) => id === 'b'))).toMatchObject({ text: stopped, reason: 'stop' });
    expect(await question).toMatchObject({ prompt: [104, 105] });
    expect(pidOf(engine)).not.toBe(first);
    expect(lives(first)).toBe(false);
  });

  it('an engine that was stopped like a hung one is killed, and its streams go on exactly', async () => {
    // Long enough for a busy machine, so that a process that still answers is not killed.
    const hangLimits = { silenceMs: 3000, roundMs: () => Infinity };
    engine = superviseEngine({ engine: fast, hangLimits });
    const events: GenerationEvent[] = [];
    engine.rounds((round) => events.push(...round.events));
    const hungPids: (number | null)[] = [];
    engine.processes[0].hangs(({ pid }) => hungPids.push(pid));
    await engine.start();
    const first = pidOf(engine);
    engine.generate(specOf('a', { maxTokens: 300 }));
    engine.generate(specOf('b', { maxTokens: 200 }));
    await until(() => events.length > 40, 'twenty rounds');
    process.kill(first, 'SIGSTOP');
    const question = engine.tokenize('hi');
    await until(() => events.filter(({ type }) => type === 'ended').length === 2, 'both ends');
    for (const [id, tokens] of [
      ['a', 300],
      ['b', 200],
    ] as const) {
      const text = Array.from({ length: tokens }, (_, index) => String(index + 1)).join(' ');
      expect(outcomeOf(events.filter((event) => event.id === id))).toMatchObject({ text, reason: 'length' });
    }
    expect(await question).toEqual([104, 105]);
    expect(hungPids[0]).toBe(first);
    expect(lives(first)).toBe(false);
  });

  it('a stopped engine leaves no process behind', async () => {
    engine = superviseEngine({ engine: fast });
    await engine.start();
    const pid = pidOf(engine);
    engine.generate(specOf('a', { maxTokens: 4000 }));
    expect(lives(pid)).toBe(true);
    await engine.stop();
    expect(lives(pid)).toBe(false);
    expect(engine.state.status).toBe('stopped');
  });

  it('stops in the middle of its start', async () => {
    engine = superviseEngine({ engine: fast });
    const start = engine.start();
    const pid = pidOf(engine);
    await Promise.all([engine.stop(), expect(start).rejects.toMatchObject({ code: 'engine_unavailable' })]);
    expect(lives(pid)).toBe(false);
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)('an engine ends when its main process got %s', async (signal) => {
    const spec = JSON.stringify(specOf('a', { maxTokens: 4000 }));
    const parent = spawn(process.execPath, [fixture('parent'), JSON.stringify(fast), spec], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let pid = 0;
    createInterface({ input: parent.stdout }).on('line', (line) => (pid = Number(line)));
    await until(() => pid !== 0, 'the first round');
    expect(lives(pid)).toBe(true);
    parent.kill(signal);
    await until(() => !lives(pid), 'the end of the engine process');
  });
});
