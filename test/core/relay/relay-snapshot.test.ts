import { expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

const options = { maxConcurrency: null, maxQueue: 100, queueTimeoutMs: 0, aliases: [] };

function relayWith(waiting: Readonly<Record<string, number>>): Relay {
  const executors = Object.keys(waiting).map((model) => new FakeExecutor(`at-${model}`, 1, [model]));
  const relay = new Relay(executors, options, new VirtualClock());
  for (const [model, count] of Object.entries(waiting)) {
    for (let nth = 0; nth <= count; nth += 1) ask(relay, model, { key: nth % 2 === 0 ? 'even' : 'odd' });
  }
  return relay;
}

it('shows the heads of all lines where there is no room for all that wait', () => {
  const { waiting } = relayWith({ long: 20, short: 2, middling: 9 }).snapshot(12);
  const shown = (model: string): readonly number[] =>
    waiting.filter((entry) => entry.model === model).map(({ position }) => position);
  expect([shown('long'), shown('short'), shown('middling')]).toEqual([
    [1, 2, 3, 4, 5],
    [1, 2],
    [1, 2, 3, 4, 5],
  ]);
});

it('shows the requests of one key with their places among all', () => {
  const { running, waiting } = relayWith({ model: 4 }).snapshot(undefined, 'odd');
  expect(running).toEqual([]);
  expect(waiting.map(({ key, position }) => [key, position])).toEqual([
    ['odd', 1],
    ['odd', 3],
  ]);
});

it('says how many places a request takes, if they are several', () => {
  const relay = new Relay([new FakeExecutor('gpu', 4, ['model'])], options, new VirtualClock());
  for (const places of [4, 1, 3]) ask(relay, 'model', { places });
  const { running, waiting } = relay.snapshot();
  expect(running.map(({ places }) => places)).toEqual([4]);
  expect(waiting.map(({ places, position }) => [places, position])).toEqual([
    [undefined, 1],
    [3, 2],
  ]);
});
