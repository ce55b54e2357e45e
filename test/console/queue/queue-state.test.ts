import { describe, expect, it } from 'vitest';
import type { WireChange, WireSnapshot } from '../../../console/src/api/wire.js';
import {
  fromSnapshot,
  type QueueState,
  requestRate,
  tokenRate,
  withChange,
} from '../../../console/src/queue/queue-state.js';

const status = {
  max_concurrency: 2,
  max_queue: 64,
  lines: 1,
  slots: 4,
  draining: false,
  may_turn: true,
  slots_at: 'server',
  preparing: 0,
  totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
  executors: [],
  models: [],
  lists: 'all',
  has_keys: false,
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

/** After so many changes, a fifth of a second apart, with five tokens each. */
function generating(changes: number): QueueState {
  let state = fromSnapshot(snapshot, undefined);
  for (let step = 1; step <= changes; step += 1) {
    const tokens = 10 + step * 5;
    const requests = [{ state: 'running' as const, ...runs, output_tokens: tokens }];
    state = withChange(state, change(1000 + step * 200, { requests, status: { output_tokens: tokens } }));
  }
  return state;
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
    expect(tokenRate(fromSnapshot(snapshot, undefined), 1000)).toBeNull();
    const state = generating(3);
    expect(tokenRate(state, state.atMs)).toBeCloseTo(25);
    expect(state.running.map((entry) => requestRate(entry, state.atMs))).toEqual([25]);
  });

  it('tells how fast tokens come of the last seconds only', () => {
    const slow = withChange(generating(10), change(60_000, { status: { output_tokens: 60 } }));
    expect(tokenRate(slow, slow.atMs)).toBeCloseTo(0);
    const fast = withChange(slow, change(61_000, { status: { output_tokens: 160 } }));
    expect(tokenRate(fast, fast.atMs)).toBeCloseTo(20);
  });

  it('tells that no tokens come while the server has nothing to tell', () => {
    const state = generating(10);
    const [entry] = state.running;
    const later = (ms: number): unknown[] => [
      tokenRate(state, state.atMs + ms),
      entry && requestRate(entry, state.atMs + ms),
    ];
    // Users are told once a second.
    expect(later(1200)).toEqual([expect.closeTo(25), expect.closeTo(25)]);
    expect(later(2000)).toEqual([expect.closeTo((10 * 5) / 4), expect.closeTo(5)]);
    expect(later(5100)).toEqual([0, 0]);
  });

  it('keeps what has ended over a new connection, but not over a restart of the server', () => {
    const ended = [{ id: 'a', outcome: 'completed', output_tokens: 20 }];
    const state = withChange(fromSnapshot(snapshot, undefined), change(1200, { ended }));
    expect(fromSnapshot(snapshot, state).ended).toHaveLength(1);
    const restarted = { ...snapshot, status: { ...status, output_tokens: 0 } };
    expect(fromSnapshot(restarted, state).ended).toEqual([]);
  });
});
