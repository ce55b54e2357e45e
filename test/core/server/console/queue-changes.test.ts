import { describe, expect, it } from 'vitest';
import { QueueChanges } from '../../../../src/core/server/console/queue-changes.js';
import type { QueueView } from '../../../../src/core/server/console/queue-view.js';

const owner = { key: 'anonymous', class: 'standard' } as const;

function waiting(id: string, position: number, more: object = {}): QueueView['waiting'][number] {
  return { id, ...owner, waits_for: 'slot', position, prompt_tokens: 3, cost: 0, waited_ms: 0, eta_ms: null, ...more };
}

function running(id: string, outputTokens: number, more: object = {}): QueueView['running'][number] {
  const tokens = { prompt_tokens: 3, cached_tokens: 0, output_tokens: outputTokens, cost: 3 + 2 * outputTokens };
  return { id, ...owner, slot: 0, ...tokens, running_ms: 0, ...more };
}

function view(lists: Partial<Pick<QueueView, 'running' | 'waiting'>>, atMs = 1): QueueView {
  const totals = { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 };
  const limits = { max_concurrency: 1, max_queue: 9, slots: 1, draining: false, may_turn: true, preparing: 0 };
  const counts = { running_count: 1, waiting_count: 1, output_tokens: 0, tokens: { prompt: 0, cached: 0, output: 0 } };
  return {
    atMs,
    running: [],
    waiting: [],
    ...lists,
    status: { ...limits, executors: [], ...counts, totals, lists: 'all', has_keys: false },
  };
}

describe('the changes of the queues', () => {
  it('are also how far a prompt has been read', () => {
    const changes = new QueueChanges(view({ running: [running('a', 0, { prefilled_tokens: 1 })] }));
    const read = changes.next(view({ running: [running('a', 0, { prefilled_tokens: 2 })] }), []);
    expect(read?.requests).toMatchObject([{ id: 'a', prefilled_tokens: 2 }]);
  });

  it('are also that a part of the prompt was cached', () => {
    const changes = new QueueChanges(view({ running: [running('a', 0)] }));
    const found = changes.next(view({ running: [running('a', 0, { cached_tokens: 2, cost: 1 })] }), []);
    expect(found?.requests).toMatchObject([{ id: 'a', cached_tokens: 2, cost: 1 }]);
  });

  it('are none while time passes only', () => {
    const changes = new QueueChanges(view({ running: [running('a', 1)], waiting: [waiting('b', 1)] }));
    const later = view({ running: [running('a', 1, { running_ms: 9 })], waiting: [waiting('b', 1, { waited_ms: 9 })] });
    expect(changes.next(later, [])).toBeNull();
  });

  it('are the requests that differ', () => {
    const changes = new QueueChanges(view({ running: [running('a', 1), running('b', 1)] }));
    const change = changes.next(view({ running: [running('a', 1), running('b', 2)] }), []);
    expect(change?.requests).toEqual([{ state: 'running', ...running('b', 2) }]);
  });

  const expected = (eta: number, atMs: number): QueueView =>
    view({ waiting: [waiting('a', 1, { eta_ms: eta })] }, atMs);

  it('are no estimates that have only counted down', () => {
    const changes = new QueueChanges(expected(20_000, 0));
    for (const passed of [5000, 15_000, 20_000]) {
      expect(changes.next(expected(20_000 - passed, passed), [])).toBeNull();
    }
    // It is late, which watchers see, too.
    expect(changes.next(expected(0, 30_000), [])).toBeNull();
  });

  it('are estimates that differ from what was told, counted down, by a second and by a tenth', () => {
    const changes = new QueueChanges(expected(30_000, 0));
    expect(changes.next(expected(21_999, 10_000), [])).toBeNull();
    expect(changes.next(expected(22_001, 10_000), [])?.requests).toMatchObject([{ eta_ms: 22_001 }]);
    expect(changes.next(expected(22_001 - 18_001 + 999, 28_001), [])).toBeNull();
    expect(changes.next(expected(22_001 - 18_001 + 1001, 28_001), [])?.requests).toMatchObject([{ eta_ms: 5001 }]);
  });

  it('are estimates that do not come nearer', () => {
    const changes = new QueueChanges(expected(5000, 0));
    expect(changes.next(expected(5000, 900), [])).toBeNull();
    expect(changes.next(expected(5000, 1100), [])?.requests).toMatchObject([{ eta_ms: 5000 }]);
  });

  it('hide requests that are still there, but no longer among the first', () => {
    const changes = new QueueChanges(view({ waiting: [waiting('a', 1), waiting('b', 2)] }));
    const ended = [{ id: 'a', outcome: 'completed', output_tokens: 1 } as const];
    expect(changes.next(view({ waiting: [waiting('c', 1)] }), ended)).toMatchObject({
      requests: [{ id: 'c' }],
      ended,
      hidden: ['b'],
    });
    expect(changes.knows('b')).toBe(false);
  });

  it('show a request that starts', () => {
    const changes = new QueueChanges(view({ waiting: [waiting('a', 1)] }));
    const change = changes.next(view({ running: [running('a', 0, { slot: null })] }), []);
    expect(change).toMatchObject({ requests: [{ state: 'running', slot: null }], ended: [], hidden: [] });
  });
});
