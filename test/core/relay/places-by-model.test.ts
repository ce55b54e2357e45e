import { expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

/** An upstream with four places for the model a, two for b and none of its own for c, and another one for a and d. */
function front() {
  const executor = new FakeExecutor('one', 6, ['a', 'b', 'c']);
  executor.placesByModel.set('a', 4).set('b', 2);
  const other = new FakeExecutor('two', 8, ['a', 'd']);
  other.placesByModel.set('a', 4);
  // It is used only by tests that need it.
  other.become('down');
  const relay = new Relay(
    [executor, other],
    { maxConcurrency: null, maxQueue: 99, queueTimeoutMs: 0, aliases: [] },
    new VirtualClock(),
  );
  const want = (model: string, count: number, places = 1): readonly Asked[] =>
    Array.from({ length: count }, () => ask(relay, model, { places }));
  const end = (model: string): void => {
    const run = executor.runs.find(({ request }) => request.model === model);
    if (run !== undefined) executor.end(run);
  };
  const running = (): readonly number[] => ['a', 'b', 'c'].map((model) => executor.runningOf(model));
  return { relay, other, want, end, running };
}

it('sends no more requests for a model than that has places, and those for others at once', () => {
  const { relay, want, end, running } = front();
  want('a', 6);
  expect([running(), relay.waiting]).toEqual([[4, 0, 0], 2]);
  want('b', 3);
  expect([running(), relay.waiting]).toEqual([[4, 2, 0], 3]);
  end('b');
  expect(running()).toEqual([4, 2, 0]);
  end('a');
  expect([running(), relay.waiting]).toEqual([[4, 2, 0], 1]);
});

it('sends no more requests than there are places for all together', () => {
  const { want, end, running } = front();
  want('c', 4);
  want('a', 4);
  expect(running()).toEqual([2, 0, 4]);
  end('c');
  expect(running()).toEqual([3, 0, 3]);
});

it('keeps the places of its model for a request with several choices, and leaves the others to other models', () => {
  const { want, end, running } = front();
  want('a', 2);
  const [several] = want('a', 1, 4);
  want('b', 1);
  want('c', 1);
  want('c', 1);
  expect(running()).toEqual([2, 1, 1]);
  end('b');
  expect(running()).toEqual([2, 0, 2]);
  end('a');
  expect(running()).toEqual([1, 0, 2]);
  end('a');
  expect([running(), several?.heard]).toEqual([[4, 0, 2], ['started']]);
});

it('lets no request of the same model take the places that are kept for one that has lost its own elsewhere', () => {
  const { other, want, end, running } = front();
  other.become('ready');
  const [several] = want('a', 1, 4);
  want('a', 2);
  expect([other.running, running()]).toEqual([4, [2, 0, 0]]);
  other.become('down');
  const [run] = other.runs;
  if (run !== undefined) other.fail(run, { type: 'unreachable', reason: 'refused' });
  const [next] = want('a', 1);
  for (const left of [1, 4]) {
    end('a');
    expect(running()).toEqual([left, 0, 0]);
  }
  expect([several?.error, next?.heard]).toEqual([null, []]);
});

it('refuses more choices than the model has places', () => {
  const { relay } = front();
  const choices = { ofEach: 5, param: 'n' } as const;
  expect(ask(relay, 'a', { places: 5, choices }).error).toMatchObject({ code: 'invalid_request', param: 'n' });
  expect(ask(relay, 'c', { places: 5, choices }).error).toBeNull();
});
