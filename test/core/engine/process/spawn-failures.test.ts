import { fork } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { EngineState } from '../../../../src/core/engine/engine.js';
import { EngineProcess } from '../../../../src/core/engine/process/engine-process.js';
import { superviseEngine } from '../../../../src/core/engine/process/supervise-engine.js';
import { failAtOnce, failLater } from '../../../support/failing-spawn.js';
import { mockOptions } from '../mock/mock-harness.js';
import { pidOf } from './processes.js';
import { statuses } from './supervisor-stage.js';

const failures = [
  ['EMFILE', failLater('EMFILE'), /ulimit -n/],
  ['EAGAIN', failLater('EAGAIN'), /ulimit -u/],
  ['ENOMEM', failAtOnce('ENOMEM'), /memory/],
] as const;

describe('a process that cannot be spawned', () => {
  it.each(failures)('has ended (%s)', async (code, failing, hint) => {
    const engine = new EngineProcess({ engine: mockOptions, fork: failing });
    await expect(engine.start()).rejects.toMatchObject({
      code: 'engine_failed',
      message: `The engine process could not be started: spawn node ${code}.`,
      hint: expect.stringMatching(hint) as unknown,
    });
    expect(engine.alive).toBe(false);
    expect(engine.pid).toBe(null);
    engine.kill();
    await engine.stop();
    expect(await engine.exited).toMatchObject({ code: null, signal: null, spawnError: { code } });
  });

  it.each(failures)('is tried again later (%s)', async (code, failing) => {
    let attempts = 0;
    const engine = superviseEngine({
      engine: mockOptions,
      fork: (entry, options) => {
        attempts += 1;
        return attempts === 2 ? failing() : fork(entry, [], options);
      },
    });
    const states: EngineState[] = [];
    engine.states((state) => states.push(state));
    await engine.start();
    process.kill(pidOf(engine), 'SIGKILL');
    expect(await engine.tokenize('a')).toEqual([97]);
    expect(attempts).toBe(3);
    expect(statuses(states)).toEqual(['ready', 'restarting 1', 'restarting 2', 'ready']);
    expect(states[2]).toMatchObject({ reason: expect.stringContaining(code) as unknown });
    await engine.stop();
  });
});
