import { describe, expect, it } from 'vitest';
import { clientLeftError } from '../../../../src/core/base/refusals/refusals.js';
import type { Token } from '../../../../src/core/engine/engine.js';
import type { Supervisor } from '../../../../src/core/engine/process/supervisor.js';
import { stage, statuses } from './supervisor-stage.js';

async function prepare(supervisor: Supervisor, text: string, signal?: AbortSignal): Promise<readonly Token[]> {
  return (await supervisor.prepare({ type: 'text', text }, undefined, signal)).prompt;
}

/** Everything that the children were asked and told, child by child. */
function asked({ children }: ReturnType<typeof stage>): (readonly string[])[] {
  return children.map((child) => child.asked);
}

describe('a call during which a process dies', () => {
  it('fails at the second death and is not asked again', async () => {
    const house = stage();
    const { clock, supervisor, child, setPoison } = house;
    await supervisor.start();
    setPoison('x');
    child().poison = 'x';
    const failed = expect(prepare(supervisor, 'x')).rejects.toMatchObject({
      code: 'engine_failed',
      message: 'The engine process has died twice while it worked on this request.',
    });
    await clock.advanceAsync(10_000);
    await failed;
    expect(asked(house)).toEqual([['x'], ['x'], []]);
    expect(supervisor.state.status).toBe('ready');
  });

  it('does not make other calls fail: after a death they are asked one by one, the oldest last', async () => {
    const house = stage();
    const { clock, supervisor, child, setPoison } = house;
    await supervisor.start();
    child().mute = true;
    setPoison('x');
    const others = Promise.all([prepare(supervisor, 'a'), prepare(supervisor, 'b')]);
    const failed = expect(prepare(supervisor, 'x')).rejects.toMatchObject({ code: 'engine_failed' });
    const last = prepare(supervisor, 'c');
    child().die();
    await clock.advanceAsync(10_000);
    await failed;
    expect(await others).toEqual([[97], [98]]);
    expect(await last).toEqual([99]);
    expect(asked(house)).toEqual([
      ['a', 'b', 'x', 'c'],
      ['c', 'x'],
      ['b', 'a'],
    ]);
  });

  it('is not blamed for deaths before it was asked', async () => {
    const { clock, supervisor, child } = stage();
    await supervisor.start();
    child().die();
    await clock.advanceAsync(0);
    const answer = prepare(supervisor, 'a');
    await clock.advanceAsync(100);
    child().mute = true;
    child().die();
    await clock.advanceAsync(2000);
    expect(await answer).toEqual([97]);
  });

  it('counts a hang that not even a kill ends', async () => {
    const house = stage();
    const { clock, supervisor, child, setPoison } = house;
    await supervisor.start();
    Object.assign(child(), { mute: true, undying: true });
    setPoison('x');
    const failed = expect(prepare(supervisor, 'x')).rejects.toMatchObject({ code: 'engine_failed' });
    child().stopSilently();
    await clock.advanceAsync(70_000);
    await failed;
    expect(asked(house)).toEqual([['x'], ['x'], []]);
  });
});

describe('a call whose caller has left', () => {
  it('is dropped in the process', async () => {
    const house = stage();
    const { supervisor, child } = house;
    await supervisor.start();
    child().mute = true;
    const caller = new AbortController();
    const call = prepare(supervisor, 'a', caller.signal);
    caller.abort(clientLeftError());
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked(house)).toEqual([['a', 'drop a']]);
  });

  it('is not asked again', async () => {
    const house = stage();
    const { clock, supervisor, child } = house;
    await supervisor.start();
    child().mute = true;
    const caller = new AbortController();
    const before = prepare(supervisor, 'a', caller.signal);
    child().die();
    await clock.advanceAsync(10);
    const during = prepare(supervisor, 'b', caller.signal);
    const gone = Promise.all([before, during].map((call) => expect(call).rejects.toMatchObject({ code: 'cancelled' })));
    caller.abort(clientLeftError());
    await clock.advanceAsync(1000);
    await gone;
    expect(asked(house)).toEqual([['a', 'drop a'], []]);
    await expect(prepare(supervisor, 'c', caller.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('makes room for the next one that has to be asked alone', async () => {
    const house = stage();
    const { clock, supervisor, child } = house;
    await supervisor.start();
    child().mute = true;
    const caller = new AbortController();
    const calls = [prepare(supervisor, 'a', caller.signal), prepare(supervisor, 'b')] as const;
    child().die();
    await clock.advanceAsync(0);
    caller.abort(clientLeftError());
    await expect(calls[0]).rejects.toMatchObject({ code: 'cancelled' });
    await clock.advanceAsync(1000);
    expect(await calls[1]).toEqual([98]);
  });
});

describe('a process that never gives up', () => {
  it('is restarted after every death as long as it starts', async () => {
    const { clock, supervisor, child, states, setStarts } = stage({ role: 'prompts', tenacity: 'never_gives_up' });
    await supervisor.start();
    for (let death = 0; death < 8; death += 1) {
      child().die();
      await clock.advanceAsync(2000);
      expect(supervisor.state.status).toBe('ready');
    }
    expect(statuses(states)).not.toContain('failed');
    expect(states.at(-2)).toMatchObject({ reason: expect.stringMatching(/^The prompt process crashed/) as unknown });
    setStarts(false);
    child().die();
    await clock.advanceAsync(9000);
    expect(supervisor.state.status).toBe('failed');
  });
});
