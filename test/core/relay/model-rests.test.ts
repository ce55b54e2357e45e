import { expect, it } from 'vitest';
import type { Failure } from '../../../src/core/executor/upstream/exchange/failure.js';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor, wholeAnswer } from './fake-executor.js';

function front(executors: readonly FakeExecutor[], maxConcurrency: number | null = null) {
  const clock = new VirtualClock();
  const options = { maxConcurrency, maxQueue: 9, queueTimeoutMs: 60_000, aliases: [] };
  const relay = new Relay(executors, options, clock);
  return { relay, want: (model: string, places = 1): Asked => ask(relay, model, { places }) };
}

const busy = (restMs: number): Failure => ({ type: 'busy', reason: 'it answers 429', restMs, answer: wholeAnswer });

/** The request for a model that runs there finds it too busy. */
function refuse(executor: FakeExecutor, model: string, restMs = 1000): void {
  executor.rest(model, true);
  const run = executor.runs.find(({ request }) => request.model === model);
  if (run !== undefined) executor.fail(run, busy(restMs));
}

function end(executor: FakeExecutor): void {
  const [run] = executor.runs;
  if (run !== undefined) executor.end(run);
}

const modelsAt = ({ runs }: FakeExecutor): readonly string[] => runs.map(({ request }) => request.model);

it('sends requests for other models to an upstream of which one model rests, and that one again after its rest', () => {
  const one = new FakeExecutor('one', 1, ['a', 'b']);
  const { relay, want } = front([one]);
  const [first, second, other] = [want('a'), want('a'), want('b')];
  refuse(one, 'a');
  expect(modelsAt(one)).toEqual(['b']);
  end(one);
  expect([other.heard.at(-1), one.runs.length]).toEqual(['whole', 0]);
  one.rest('a', false);
  expect(modelsAt(one)).toEqual(['a']);
  end(one);
  // It has kept its place before those that wait.
  expect([first.heard.at(-1), second.heard.at(-1)]).toEqual(['whole', 'started']);
  end(one);
  expect([relay.running, relay.waiting]).toEqual([0, 0]);
});

it('lets a request whose rest is over wait for room, and gives it the next', () => {
  const executors = [new FakeExecutor('one', 4, ['a', 'b'])] as const;
  const [one] = executors;
  const { want } = front(executors, 1);
  want('a');
  const others = [want('b'), want('b'), want('a')];
  refuse(one, 'a');
  expect(modelsAt(one)).toEqual(['b']);
  one.rest('a', false);
  expect(modelsAt(one)).toEqual(['b']);
  end(one);
  expect(modelsAt(one)).toEqual(['a']);
  expect(others.map(({ heard }) => heard.at(-1))).toEqual(['whole', undefined, undefined]);
});

it('makes room for a request with several choices whose rest is over', () => {
  const [one, two] = [new FakeExecutor('one', 8, ['a', 'b']), new FakeExecutor('two', 8, ['c'])];
  const { want } = front([one, two], 3);
  want('a', 3);
  for (let count = 0; count < 6; count += 1) want('c');
  refuse(one, 'a');
  expect(two.running).toBe(3);
  one.rest('a', false);
  for (const left of [2, 1]) {
    end(two);
    expect([one.running, two.running]).toEqual([0, left]);
  }
  end(two);
  expect([one.running, two.running]).toEqual([3, 0]);
});

it('keeps no places for a request whose model rests', () => {
  const one = new FakeExecutor('one', 2, ['a', 'b']);
  const { want } = front([one]);
  for (const model of ['a', 'b']) want(model);
  const several = want('a', 2);
  want('b');
  end(one);
  expect(modelsAt(one)).toEqual(['b']);
  one.rest('a', true);
  expect(modelsAt(one)).toEqual(['b', 'b']);
  one.rest('a', false);
  for (let count = 0; count < 2; count += 1) end(one);
  expect(several.heard).toEqual(['started']);
});

it('passes a long rest on where every other upstream rests for that model as well', () => {
  const [one, two] = [new FakeExecutor('one', 2, ['a', 'b']), new FakeExecutor('two', 1, ['a', 'b'])];
  const { want } = front([one, two]);
  two.rest('a', true);
  const asked = want('a');
  refuse(one, 'a', 30_000);
  expect(asked.heard).toEqual(['started', 'whole']);
});

it('sends a request elsewhere from an upstream where its model rests, also for long', () => {
  const [one, two] = [new FakeExecutor('one', 2, ['a', 'b']), new FakeExecutor('two', 1, ['a', 'b'])];
  const { want } = front([one, two]);
  two.rest('b', true);
  const asked = want('a');
  refuse(one, 'a', 30_000);
  expect([modelsAt(one), modelsAt(two)]).toEqual([[], ['a']]);
  expect(asked.ends).toBe(0);
});
