import { expect, it } from 'vitest';
import { noUsage } from '../../../src/core/executor/upstream/exchange/answer-watch.js';
import type { InferenceEvent, Timings } from '../../../src/core/inference/request.js';
import { Relay } from '../../../src/core/relay/relay.js';
import { spansOf } from '../../../src/core/telemetry/trace-spans.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask } from './ask.js';
import { FakeExecutor, type FakeRun } from './fake-executor.js';

interface House {
  readonly clock: VirtualClock;
  readonly executor: FakeExecutor;
  readonly relay: Relay;
  /** The request that runs at the upstream. */
  readonly run: () => FakeRun;
  readonly settled: Extract<InferenceEvent, { type: 'settled' }>[];
  readonly timings: () => Timings | undefined;
}

function house(): House {
  const clock = new VirtualClock();
  const executor = new FakeExecutor('one', 1, ['model'], 'chatstream');
  const options = { maxConcurrency: null, maxQueue: 9, queueTimeoutMs: 30_000, aliases: [] };
  const relay = new Relay([executor], options, clock);
  const settled: House['settled'] = [];
  relay.events((event) => {
    if (event.type === 'settled') settled.push(event);
  });
  const run = (): FakeRun => {
    const [first] = executor.runs;
    if (first === undefined) throw new Error('Nothing runs.');
    return first;
  };
  return { clock, executor, relay, run, settled, timings: () => settled.at(-1)?.timings };
}

const token = Buffer.from('data: {}\n\n');

/** The first token after 20 ms, and a second one 30 ms later. */
function twoTokens({ clock, executor, run }: House, ids?: readonly number[]): void {
  clock.advance(20);
  executor.begin(run(), ids);
  clock.advance(30);
  run().listener.data(token, 1, ids === undefined ? undefined : { tokens: ids, state: null });
}

it.each([
  [
    'its stream ends',
    ({ executor, run }: House) => {
      executor.end(run());
    },
  ],
  [
    'its stream is cut off',
    ({ executor, run }: House) => {
      executor.fail(run(), { type: 'broken', reason: 'cut' });
    },
  ],
  ['the server gives it up', ({ relay }: House) => relay.abandonRunning()],
])('a decode ends with its last token, however much later %s', (_what, end) => {
  const made = house();
  ask(made.relay, 'model');
  twoTokens(made);
  made.clock.advance(5000);
  end(made);
  expect(made.timings()).toMatchObject({ queueMs: 0, prefillMs: 20, decodeMs: 30, idleMs: 5000 });
});

it('a decode ends with its last token, however much later its client leaves', () => {
  const made = house();
  const { leave } = ask(made.relay, 'model');
  twoTokens(made);
  made.clock.advance(5000);
  leave();
  expect(made.timings()).toMatchObject({ prefillMs: 20, decodeMs: 30, idleMs: 5000 });
});

it('events after the last token are no part of a decode whose tokens the upstream names', () => {
  const made = house();
  ask(made.relay, 'model', { isResumable: true });
  twoTokens(made, [1]);
  made.clock.advance(5000);
  made.run().listener.data(Buffer.from('data: [DONE]\n\n'), 1, { tokens: [], state: null });
  made.run().listener.ended({ ...noUsage, outputTokens: 2 }, null);
  expect(made.timings()).toMatchObject({ prefillMs: 20, decodeMs: 30, idleMs: 5000, outputTokens: 2 });
});

it('a request that waits for the upstream has a span for each part, one after the other', () => {
  const made = house();
  ask(made.relay, 'model');
  ask(made.relay, 'model');
  made.clock.advance(40);
  made.executor.end(made.run());
  twoTokens(made);
  made.clock.advance(5000);
  made.executor.end(made.run());
  const [event] = made.settled.slice(-1);
  if (event === undefined) throw new Error('Nothing has ended.');
  const times = spansOf(event, 10_000).map(({ name, startTimeUnixNano: from, endTimeUnixNano: to }) => [
    name,
    Number(from) / 1e6,
    Number(to) / 1e6,
  ]);
  expect(times).toEqual([
    ['request', 4910, 10_000],
    ['wait', 4910, 4950],
    ['prefill', 4950, 4970],
    ['decode', 4970, 5000],
  ]);
});
