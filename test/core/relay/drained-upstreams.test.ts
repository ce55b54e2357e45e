import { describe, expect, it } from 'vitest';
import type { ExecutorStatus } from '../../../src/core/executor/executor.js';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

const outageMs = 10_000;

function relayOf(...upstreams: readonly (readonly [ExecutorStatus, ...string[]])[]) {
  const clock = new VirtualClock();
  const executors = upstreams.map(([status, ...models], index) => {
    const executor = new FakeExecutor(`upstream-${index}`, 1, models);
    executor.status = status;
    return executor;
  });
  const options = { maxConcurrency: null, maxQueue: 5, queueTimeoutMs: 60_000, aliases: [] };
  return { clock, executors, relay: new Relay(executors, options, clock) };
}

const drained = { code: 'engine_unavailable', message: expect.stringContaining('are being drained') as string };
const failed = { code: 'engine_unavailable', message: expect.stringContaining('answers at the moment') as string };

describe('a model whose upstreams are all drained', () => {
  it.each<[readonly ExecutorStatus[], typeof drained]>([
    [['draining'], drained],
    [['draining', 'draining'], drained],
    // The other would not be used either, but an operator can end this.
    [['draining', 'down'], drained],
    [['down'], failed],
    [['down', 'down'], failed],
  ])('with %j is refused with the reason', (statuses, error) => {
    const { relay, clock } = relayOf(...statuses.map((status) => [status, 'a'] as const), ['ready', 'b']);
    const waiting = ask(relay, 'a');
    expect(waiting.heard).toEqual([]);
    clock.advance(outageMs);
    expect(waiting.error).toMatchObject(error);
    expect(ask(relay, 'a').error).toMatchObject(error);
    expect(ask(relay, 'b').heard).toEqual(['started']);
  });

  it('is told to those that were elsewhere before', () => {
    const { relay, clock, executors } = relayOf(['ready', 'a'], ['down', 'a']);
    const asked: Asked = ask(relay, 'a');
    const [executor] = executors;
    const [run] = executor?.runs ?? [];
    if (executor === undefined || run === undefined) throw new Error('It does not run.');
    executor.become('draining');
    executor.fail(run, { type: 'broken', reason: 'test' });
    clock.advance(outageMs);
    expect(asked.error).toMatchObject(drained);
  });

  it.each<[ExecutorStatus, string]>([
    ['down', 'None of the upstream servers answers at the moment.'],
    ['draining', 'The upstream servers are being drained and take no new requests.'],
  ])('has no name where upstreams are asked for any: %s', (status, message) => {
    const clock = new VirtualClock();
    const executor = new FakeExecutor('any', 1, null);
    executor.status = status;
    const options = { maxConcurrency: null, maxQueue: 5, queueTimeoutMs: 60_000, aliases: [] };
    const waiting = ask(new Relay([executor], options, clock), null);
    clock.advance(outageMs);
    expect(waiting.error?.message).toBe(message);
  });

  it('is served again once one of them is used again', () => {
    const { relay, clock, executors } = relayOf(['draining', 'a']);
    clock.advance(outageMs);
    const waiting = ask(relay, 'a');
    executors[0]?.drain(false);
    expect(waiting.heard).toEqual(['started']);
  });
});

describe('readiness', () => {
  it.each<[readonly ExecutorStatus[], boolean, string | null]>([
    [['draining'], false, 'draining'],
    [['draining', 'down'], false, 'draining'],
    [['down'], false, 'failed'],
    [['draining', 'ready'], true, null],
  ])('with %j is %s for the reason %s', (statuses, ready, reason) => {
    const { relay } = relayOf(...statuses.map((status) => [status, 'a'] as const));
    expect(relay.ready).toBe(ready);
    if (reason !== null) expect(relay.readiness).toBe(reason);
  });
});
