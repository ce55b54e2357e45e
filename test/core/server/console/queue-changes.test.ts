import { describe, expect, it } from 'vitest';
import { QueueChanges } from '../../../../src/core/server/console/queue-changes.js';
import type { QueueView } from '../../../../src/core/server/console/queue-view.js';

const owner = { key: 'anonymous', class: 'standard' } as const;

function waiting(id: string, position: number, more: object = {}): QueueView['waiting'][number] {
  return { id, ...owner, waits_for: 'slot', position, waited_ms: 0, eta_ms: null, ...more };
}

function running(id: string, outputTokens: number, more: object = {}): QueueView['running'][number] {
  return { id, ...owner, slot: 0, prompt_tokens: 3, output_tokens: outputTokens, running_ms: 0, ...more };
}

function view(lists: Partial<Pick<QueueView, 'running' | 'waiting'>>): QueueView {
  const totals = { completed: 0, cancelled: 0, refused: 0, timed_out: 0, failed: 0 };
  const limits = { max_concurrency: 1, max_queue: 9, slots: 1, draining: false, may_turn: true, preparing: 0 };
  const counts = { running_count: 1, waiting_count: 1, output_tokens: 0, tokens: { prompt: 0, cached: 0, output: 0 } };
  return {
    atMs: 1,
    running: [],
    waiting: [],
    ...lists,
    status: { ...limits, executors: [], ...counts, totals, lists: 'all' },
  };
}

describe('the changes of the queues', () => {
  it('are also how far a prompt has been read', () => {
    const changes = new QueueChanges(view({ running: [running('a', 0, { prefilled_tokens: 1 })] }));
    const read = changes.next(view({ running: [running('a', 0, { prefilled_tokens: 2 })] }), []);
    expect(read?.requests).toMatchObject([{ id: 'a', prefilled_tokens: 2 }]);
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

  it('are estimates only if they differ from what was told', () => {
    const at = (eta: number): QueueView => view({ waiting: [waiting('a', 1, { eta_ms: eta })] });
    const changes = new QueueChanges(at(20_000));
    expect(changes.next(at(21_000), [])).toBeNull();
    expect(changes.next(at(21_999), [])).toBeNull();
    expect(changes.next(at(22_001), [])?.requests).toMatchObject([{ eta_ms: 22_001 }]);
    expect(changes.next(at(21_000), [])).toBeNull();
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
