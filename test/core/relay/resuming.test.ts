import { expect, it } from 'vitest';
import { noUsage } from '../../../src/core/executor/upstream/exchange/answer-watch.js';
import type { Failure } from '../../../src/core/executor/upstream/exchange/failure.js';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor, type FakeRun, wholeAnswer } from './fake-executor.js';

const broken: Failure = { type: 'broken', reason: 'gone' };
const queueTimeoutMs = 30_000;

interface House {
  readonly clock: VirtualClock;
  readonly relay: Relay;
  /** Two chatstream servers with one place each, the first of which gets the first request. */
  readonly one: FakeExecutor;
  readonly two: FakeExecutor;
  readonly ask: () => Asked;
}

function house(): House {
  const clock = new VirtualClock();
  const one = new FakeExecutor('one', 1, ['model'], 'chatstream');
  const two = new FakeExecutor('two', 1, ['model'], 'chatstream');
  const other = new FakeExecutor('other', 9, ['model']);
  // It has the most places, but gets nothing at first.
  other.become('draining');
  const options = { maxConcurrency: null, maxQueue: 9, queueTimeoutMs, aliases: [] };
  const relay = new Relay([one, two, other], options, clock);
  return { clock, relay, one, two, ask: () => ask(relay, 'model', { isResumable: true }) };
}

function runOf(executor: FakeExecutor): FakeRun {
  const [run] = executor.runs;
  if (run === undefined) throw new Error(`Nothing runs at ${executor.name}.`);
  return run;
}

const resumedAfter = (run: FakeRun): unknown => (JSON.parse(run.request.body) as { resume?: unknown }).resume;

it('sends all tokens that the client has to another server of its kind, and the client hears of no change', () => {
  const { one, two, ask } = house();
  const asked = ask();
  expect(resumedAfter(runOf(one))).toBeUndefined();
  one.begin(runOf(one), [1, 2]);
  runOf(one).listener.data(Buffer.from('y'), 1, { tokens: [3], state: 'three' });
  one.fail(runOf(one), broken);
  expect(runOf(two).request).toMatchObject({ isResumption: true });
  expect(resumedAfter(runOf(two))).toEqual({ answer: 'answer', tokens: [1, 2, 3], state: 'three' });
  two.begin(runOf(two), [4]);
  // The first one is the only one that is left.
  two.fail(runOf(two), broken);
  expect(resumedAfter(runOf(one))).toEqual({ answer: 'answer', tokens: [1, 2, 3, 4], state: 'three' });
  one.begin(runOf(one), [5]);
  one.end(runOf(one));
  expect(asked.heard).toEqual(['started', 'begun at one', 'data', 'data', 'data', 'data', 'ended']);
});

it('lets it wait for a place ahead of all that wait, with a patience that begins anew', () => {
  const { clock, one, two, ask } = house();
  const first = ask();
  one.status = 'cooling';
  two.status = 'cooling';
  one.fail(runOf(one), { type: 'busy', reason: 'busy', restMs: 10, answer: wholeAnswer });
  clock.advance(queueTimeoutMs - 1000);
  two.become('ready');
  two.begin(runOf(two), [1]);
  one.become('ready');
  const second = ask();
  one.begin(runOf(one), [7]);
  const third = ask();
  two.status = 'cooling';
  two.fail(runOf(two), broken);
  clock.advance(queueTimeoutMs - 1000);
  expect(first.ends).toBe(0);
  one.end(runOf(one));
  expect(second.heard.at(-1)).toBe('ended');
  expect(resumedAfter(runOf(one))).toEqual({ answer: 'answer', tokens: [1] });
  expect(third.heard).not.toContain('started');
});

it('ends with what is known if no server of its kind answers for a while', () => {
  const { clock, one, two, ask } = house();
  const asked = ask();
  one.begin(runOf(one), [1]);
  one.status = 'down';
  two.status = 'down';
  one.fail(runOf(one), broken);
  expect(asked.ends).toBe(0);
  clock.advance(10_000);
  expect(asked.error).toMatchObject({ code: 'upstream_failed' });
  expect(asked.error?.message).toContain('About 1 token of the answer was sent');
});

it('ends at once if the others have another model', () => {
  const { one, two, ask } = house();
  const asked = ask();
  one.begin(runOf(one), [1]);
  one.fail(runOf(one), broken);
  runOf(two).listener.whole({ ...wholeAnswer, status: 400 }, noUsage);
  expect(asked.heard.at(-1)).toBe('upstream_failed');
});
