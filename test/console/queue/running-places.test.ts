import { describe, expect, it } from 'vitest';
import type { WireStatus } from '../../../console/src/api/wire.js';
import type { QueueState, Running } from '../../../console/src/queue/queue-state.js';
import { type RunningPlaces, runningPlaces } from '../../../console/src/queue/running-places.js';

const status: WireStatus = {
  ...{ max_concurrency: 2, max_queue: 64, lines: 1, slots: 4 },
  ...{ draining: false, may_turn: true, slots_at: 'server', preparing: 0 },
  totals: { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 },
  ...{ executors: [], models: [], lists: 'all', has_keys: false },
  ...{ running_count: 0, waiting_count: 0, output_tokens: 0 },
};

function running(place: number): Running {
  return {
    ...{ state: 'running', id: String(place), key: 'alice', trafficClass: 'standard', model: null },
    ...{ places: 1, place, slot: place, executor: null, promptTokens: 8, prefilledTokens: null, outputTokens: 1 },
    ...{ startedAtMs: 0, trace: [] },
  } as const;
}

interface Queue extends Partial<WireStatus> {
  /** The places of the requests that are listed. */
  readonly listed?: readonly number[];
}

/** In a large window, if no other is given: with room for more than a hundred cards. */
function placesOf({ listed = [], ...changed }: Queue, isWide = true, area = { width: 80, height: 40 }): RunningPlaces {
  const state: QueueState = {
    ...{ atMs: 0, waiting: [], ended: [], output: [] },
    running: listed.map(running),
    status: { ...status, running_count: listed.length, ...changed },
  };
  return runningPlaces(state, area, isWide);
}

/** A letter for each card, and how many more there are. */
function drawn({ places, more }: RunningPlaces): string {
  const letters = places.map((place) => (place.kind === 'running' ? place.entry.id : place.kind[0])).join(' ');
  return more === 0 ? letters : `${letters} +${String(more)}`.trim();
}

describe('the places of the processing queue', () => {
  it('are those of the slots, of which the ones above the limit are closed', () => {
    expect(drawn(placesOf({}))).toBe('f f c c');
    expect(drawn(placesOf({ listed: [1] }))).toBe('f 1 c c');
  });

  it('are no more than the limit where there is no room beside other columns, or where there are many slots', () => {
    expect(drawn(placesOf({ listed: [0] }, false))).toBe('0 f');
    expect(drawn(placesOf({ slots: 65 }))).toBe('f f');
    expect(placesOf({ slots: 64 }).places).toHaveLength(64);
  });

  it('are kept by what still runs after the limit was lowered', () => {
    expect(drawn(placesOf({ listed: [0, 3], max_concurrency: 1 }))).toBe('0 c c 3');
    expect(drawn(placesOf({ listed: [0, 3], max_concurrency: 1 }, false))).toBe('0 c c 3');
  });

  it('end with the requests that the server lists, followed by how many there are besides', () => {
    expect(drawn(placesOf({ listed: [0, 2], running_count: 5, max_concurrency: 8, slots: 8 }))).toBe('0 f 2 +3');
  });

  it('of others are not shown as free to a user who sees only their own', () => {
    expect(drawn(placesOf({ listed: [1], lists: 'own', running_count: 2 }))).toBe('f 1 +1');
    expect(drawn(placesOf({ lists: 'own', running_count: 2 }))).toBe('+2');
    expect(drawn(placesOf({ lists: 'own' }))).toBe('');
  });

  it('that do not fit are counted by the last card', () => {
    const many = Array.from({ length: 60 }, (_, place) => place);
    const { places, more, layout } = placesOf({ listed: many, max_concurrency: 60, slots: 60 }, true, {
      width: 20,
      height: 10,
    });
    expect(layout.density).toBe('tile');
    expect(places).toHaveLength(layout.shown - 1);
    expect(places.length + more).toBe(60);
  });

  it('are one before the area has been measured', () => {
    const { places, more } = runningPlaces(
      {
        atMs: 0,
        status: { ...status, running_count: 2 },
        waiting: [],
        running: [0, 1].map(running),
        ended: [],
        output: [],
      },
      undefined,
      true,
    );
    expect(places).toHaveLength(0);
    expect(more).toBe(2);
  });
});
