import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';
import type { UpstreamEvent } from '../../../src/core/executor/upstream/upstream.js';
import { logUpstream } from '../../../src/core/serve/upstream-log.js';
import { silentLogger } from '../../support/silent-logger.js';
import { VirtualClock } from '../../support/virtual-clock.js';

interface Made {
  readonly clock: VirtualClock;
  /** Warnings, with their fields. */
  readonly warnings: object[];
  readonly fail: (model: string, isBusy: boolean) => void;
}

function logOfOne(): Made {
  const clock = new VirtualClock();
  const events = new Emitter<UpstreamEvent>();
  const warnings: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object, msg: string) => warnings.push({ ...fields, msg }) };
  logUpstream({ name: 'gpu1', events: events.subscribe }, clock, logger);
  const fail = (model: string, isBusy: boolean): void => {
    events.emit({ type: 'failure', model, reason: isBusy ? 'it answers 429' : 'reset', isBusy });
  };
  return { clock, warnings, fail };
}

it('an upstream that refuses requests all the time is logged once a minute, with how many it has refused', () => {
  const { clock, warnings, fail } = logOfOne();
  for (let second = 0; second < 120; second += 1) {
    fail('chat', true);
    fail('chat', true);
    clock.advance(1000);
  }
  const busy = { upstream: 'gpu1', model: 'chat', reason: 'it answers 429', msg: 'upstream is too busy' };
  expect(warnings).toEqual([
    { ...busy, refusals: 1 },
    { ...busy, refusals: 119 },
    { ...busy, refusals: 120 },
  ]);
});

it('its last refusals are logged when their minute ends, although it refuses nothing more', () => {
  const { clock, warnings, fail } = logOfOne();
  for (let refusal = 0; refusal < 5; refusal += 1) fail('chat', true);
  clock.advance(59_999);
  expect(warnings).toMatchObject([{ refusals: 1 }]);
  clock.advance(1);
  expect(warnings).toMatchObject([{ refusals: 1 }, { refusals: 4 }]);
  clock.advance(120_000);
  expect(warnings).toHaveLength(2);
});

it('it is logged at once if it refuses a request after a minute without', () => {
  const { clock, warnings, fail } = logOfOne();
  fail('chat', true);
  clock.advance(60_000);
  fail('chat', true);
  expect(warnings).toMatchObject([{ refusals: 1 }, { refusals: 1 }]);
});

it('every refusal is counted in one line, however they come', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40_000 }), { maxLength: 60 }), (pausesMs) => {
      const { clock, warnings, fail } = logOfOne();
      for (const ms of pausesMs) {
        clock.advance(ms);
        fail('chat', true);
      }
      clock.advance(60_000);
      const logged = warnings.map((each) => ('refusals' in each ? Number(each.refusals) : 0));
      expect(logged.reduce((sum, count) => sum + count, 0)).toBe(pausesMs.length);
      expect(logged.every((count) => count > 0)).toBe(true);
    }),
  );
});

it('it is logged for each model', () => {
  const { warnings, fail } = logOfOne();
  for (const model of ['chat', 'code', 'chat', 'code']) fail(model, true);
  expect(warnings).toMatchObject([{ model: 'chat' }, { model: 'code' }]);
});

it('every other failure is logged', () => {
  const { warnings, fail } = logOfOne();
  for (let failure = 0; failure < 3; failure += 1) fail('chat', false);
  const failed = { upstream: 'gpu1', model: 'chat', reason: 'reset', msg: 'upstream failed on a request' };
  expect(warnings).toEqual([failed, failed, failed]);
});
