import { describe, expect, it } from 'vitest';
import { LimitTurner } from '../../../src/cli/top/limit-turner.js';
import { ChatstreamError } from '../../../src/core/base/errors.js';

interface Turned {
  readonly turner: LimitTurner;
  /** What was sent, in order. */
  readonly sent: unknown[];
  readonly said: string[];
  /** Lets the server answer what it was sent first: with an error, if there is one. */
  readonly answer: (error?: Error) => Promise<void>;
}

/** A server that answers when it is told to. */
function turned(): Turned {
  const sent: unknown[] = [];
  const said: string[] = [];
  const open: ((error?: Error) => void)[] = [];
  const setMaxConcurrency = (value: number, model: string | null): Promise<void> => {
    sent.push(model === null ? value : [model, value]);
    return new Promise((resolve, reject) => {
      open.push((error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  };
  const turner = new LimitTurner(
    { setMaxConcurrency },
    (text) => void said.push(text),
    () => undefined,
  );
  const answer = async (error?: Error): Promise<void> => {
    open.shift()?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { turner, sent, said, answer };
}

const limit = { model: null, value: 1, slots: 8 };

describe('turning a limit', () => {
  it('counts every step, also those that come before the server has answered', async () => {
    const { turner, sent, said, answer } = turned();
    for (let step = 0; step < 3; step += 1) void turner.turn(limit, 1);
    expect(sent).toEqual([2]);
    await answer();
    expect(sent).toEqual([2, 4]);
    await answer();
    expect(said).toEqual(['max-concurrency is 2 now.', 'max-concurrency is 4 now.']);
  });

  it('goes on from what the server has taken until a reading shows it', async () => {
    const { turner, sent, answer } = turned();
    const before = { atMs: performance.now() };
    void turner.turn(limit, 1);
    await answer();
    turner.onReading(before);
    void turner.turn(limit, 1);
    await answer();
    turner.onReading({ atMs: performance.now() });
    // Somebody else has turned it meanwhile.
    void turner.turn({ ...limit, value: 7 }, 1);
    expect(sent).toEqual([2, 3, 8]);
  });

  it('turns the limits of several models apart', async () => {
    const { turner, sent, said, answer } = turned();
    void turner.turn({ ...limit, model: 'chat' }, 1);
    void turner.turn({ ...limit, model: 'code', value: 4 }, -1);
    await answer();
    await answer();
    expect(sent).toEqual([
      ['chat', 2],
      ['code', 3],
    ]);
    expect(said).toEqual(['max-concurrency of chat is 2 now.', 'max-concurrency of code is 3 now.']);
  });

  it('stays within the slots', () => {
    const { turner, sent, said } = turned();
    for (const by of [1, 1, -1] as const) void turner.turn({ model: 'chat', value: 7, slots: 8 }, by);
    expect(sent).toEqual([['chat', 8]]);
    expect(said).toEqual(['max-concurrency of chat can be from 1 to 8, the number of slots.']);
    void turner.turn({ model: null, value: 1, slots: 8 }, -1);
    expect(said[1]).toBe('max-concurrency can be from 1 to 8, the number of slots.');
  });

  it('begins again with what is shown after a refusal', async () => {
    const { turner, sent, said, answer } = turned();
    void turner.turn(limit, 1);
    void turner.turn(limit, 1);
    await answer(new ChatstreamError('target_unreachable', 'Observers may not change limits.'));
    void turner.turn(limit, 1);
    expect(sent).toEqual([2, 2]);
    expect(said).toEqual(['Observers may not change limits.']);
  });
});
