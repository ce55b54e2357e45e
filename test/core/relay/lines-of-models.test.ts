import { describe, expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import { wireLimits, wireLines } from '../../../src/core/server/protocol/wire-queue.js';
import { Metrics } from '../../../src/core/telemetry/metrics.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

/** One place for two models, in each line of which three may wait. */
function relayOfTwo(): Relay {
  const options = { maxConcurrency: null, maxQueue: 3, queueTimeoutMs: 30_000, aliases: [] };
  return new Relay([new FakeExecutor('one', 1, ['chat', 'code'])], options, new VirtualClock());
}

/** How many may wait in all lines together, as a reader of /v1/queue adds it up. */
function roomOf(relay: Relay): number {
  return wireLimits(relay.snapshot()).max_queue * (wireLines(relay, null).lines ?? Number.NaN);
}

describe('the lines of several models of upstreams', () => {
  it('have room for as many waiting requests together as the limit of each says, times their number', () => {
    const relay = relayOfTwo();
    expect(roomOf(relay)).toBe(3);
    for (let count = 0; count < 9; count += 1) ask(relay, 'chat');
    expect([relay.waiting, roomOf(relay)]).toEqual([3, 3]);
    for (let count = 0; count < 9; count += 1) ask(relay, 'code');
    expect([relay.waiting, roomOf(relay)]).toEqual([6, 6]);
  });

  it('are counted one by one in the metrics, with the limit of each', async () => {
    const relay = relayOfTwo();
    const metrics = new Metrics(relay, []);
    expect(await metrics.render()).not.toContain('{model="chat"}');
    for (const model of ['chat', 'chat', 'chat', 'code']) ask(relay, model);
    relay.resize({ maxQueue: 5 });
    const text = await metrics.render();
    for (const [name, chat, code] of [
      ['requests_running', 1, 0],
      ['requests_waiting', 2, 1],
      ['max_queue', 5, 5],
    ] as const) {
      expect(text).toContain(`chatstream_model_${name}{model="chat"} ${chat}\n`);
      expect(text).toContain(`chatstream_model_${name}{model="code"} ${code}\n`);
    }
    // Their places are not those of single models, and whether these are in memory is not known.
    expect(text).not.toMatch(/chatstream_model_(?:max_concurrency|loaded|loads_total)/);
  });
});
