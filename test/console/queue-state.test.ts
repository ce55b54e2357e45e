import { describe, expect, it } from 'vitest';
import type { WireChange, WireSnapshot } from '../../console/src/api/wire.js';
import { fromSnapshot, requestRate, tokenRate, withChange } from '../../console/src/queue/queue-state.js';

const status = {
  max_concurrency: 2,
  max_queue: 64,
  slots: 4,
  draining: false,
  may_turn: true,
  preparing: 0,
  totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
  executors: [],
  models: [],
  lists: 'all',
  running_count: 1,
  waiting_count: 2,
  output_tokens: 10,
};
const owner = { key: 'alice', class: 'standard', model: null };
const runs = {
  id: 'a',
  ...owner,
  executor: null,
  places: 1,
  prefilled_tokens: null,
  slot: 3,
  prompt_tokens: 31,
  output_tokens: 10,
  running_ms: 500,
};
const waits = (id: string, position: number): WireSnapshot['waiting'][number] => ({
  ...{ id, ...owner, waits_for: 'slot', position, places: 1 },
  ...{ output_tokens: null, waited_ms: 100 * position, eta_ms: null },
});
const snapshot: WireSnapshot = { at_ms: 1000, status, running: [runs], waiting: [waits('c', 2), waits('b', 1)] };

function change(atMs: number, parts: Partial<WireChange>): WireChange {
  return { at_ms: atMs, requests: [], ended: [], hidden: [], status: {}, ...parts };
}

describe('the state of the queues', () => {
  it('has those that wait in the order of their places, with the moment at which they came', () => {
    const { waiting } = fromSnapshot(snapshot, undefined);
    expect(waiting.map(({ id, arrivedAtMs }) => [id, arrivedAtMs])).toEqual([
      ['b', 900],
      ['c', 800],
    ]);
  });

  it('moves a request from one queue to the other, gives it a free place, and lets it leave with its outcome', () => {
    const begun = withChange(
      fromSnapshot(snapshot, undefined),
      change(1200, { requests: [{ state: 'running', ...runs, id: 'b', slot: null, running_ms: 0, output_tokens: 0 }] }),
    );
    expect(begun.waiting.map(({ id }) => id)).toEqual(['c']);
    expect(begun.running.map(({ id, place }) => [id, place])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);

    const paused = { ...waits('b', 1), output_tokens: 3 };
    const back = withChange(begun, change(1300, { requests: [{ state: 'waiting', ...paused }] }));
    expect(back.running.map(({ id }) => id)).toEqual(['a']);
    expect(back.waiting.map(({ id, pausedTokens }) => [id, pausedTokens])).toEqual([
      ['b', 3],
      ['c', null],
    ]);

    const over = withChange(begun, change(1700, { ended: [{ id: 'a', outcome: 'completed', output_tokens: 20 }] }));
    expect(over.running.map(({ id, place }) => [id, place])).toEqual([['b', 1]]);
    expect(over.ended).toMatchObject([{ id: 'a', outcome: 'completed', outputTokens: 20, ranMs: 1200 }]);
  });

  it('remembers how long a paused request ran, also if it never goes on', () => {
    const paused = { ...waits('a', 1), output_tokens: 12 };
    const resting = withChange(
      fromSnapshot(snapshot, undefined),
      change(1800, { requests: [{ state: 'waiting', ...paused }] }),
    );
    const gone = change(5000, { ended: [{ id: 'a', outcome: 'cancelled', output_tokens: 12 }] });
    expect(withChange(resting, gone).ended).toMatchObject([{ id: 'a', hasRun: true, ranMs: 1200 }]);

    const seenPaused = { ...snapshot, running: [], waiting: [paused] };
    const again = fromSnapshot(seenPaused, resting);
    expect(withChange(again, gone).ended).toMatchObject([{ id: 'a', hasRun: true, ranMs: 1200 }]);
    const newcomer = fromSnapshot(seenPaused, undefined);
    expect(withChange(newcomer, gone).ended).toMatchObject([{ id: 'a', hasRun: true, ranMs: null }]);
  });

  it('tells of a request that left the line that it never ran', () => {
    const gone = change(1200, { ended: [{ id: 'b', outcome: 'cancelled', output_tokens: 0 }] });
    expect(withChange(fromSnapshot(snapshot, undefined), gone).ended).toMatchObject([{ hasRun: false, ranMs: null }]);
  });

  it('forgets requests that are no longer among the first, without saying that they ended', () => {
    const state = withChange(fromSnapshot(snapshot, undefined), change(1200, { hidden: ['c'] }));
    expect(state.waiting.map(({ id }) => id)).toEqual(['b']);
    expect(state.ended).toEqual([]);
  });

  it('tells how fast tokens come, of one request and of all', () => {
    let state = fromSnapshot(snapshot, undefined);
    expect(tokenRate(state)).toBeNull();
    for (const step of [1, 2, 3]) {
      const tokens = 10 + step * 5;
      state = withChange(
        state,
        change(1000 + step * 200, {
          requests: [{ state: 'running', ...runs, output_tokens: tokens }],
          status: { output_tokens: tokens },
        }),
      );
    }
    expect(tokenRate(state)).toBeCloseTo(25);
    expect(state.running.map(requestRate)).toEqual([25]);
  });

  it('keeps what has ended over a new connection, but not over a restart of the server', () => {
    const ended = [{ id: 'a', outcome: 'completed', output_tokens: 20 }];
    const state = withChange(fromSnapshot(snapshot, undefined), change(1200, { ended }));
    expect(fromSnapshot(snapshot, state).ended).toHaveLength(1);
    const restarted = { ...snapshot, status: { ...status, output_tokens: 0 } };
    expect(fromSnapshot(restarted, state).ended).toEqual([]);
  });
});
