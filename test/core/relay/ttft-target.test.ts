import { describe, expect, it } from 'vitest';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask } from './ask.js';
import { FakeExecutor } from './fake-executor.js';

describe('--ttft-target with an upstream', () => {
  it('refuses what would begin too late, and takes whatever finds a place', () => {
    const clock = new VirtualClock();
    const executor = new FakeExecutor('one', 1, ['a']);
    const options = { maxConcurrency: null, maxQueue: 5, queueTimeoutMs: 60_000, aliases: [], ttftTargetMs: 1500 };
    const relay = new Relay([executor], options, clock);
    const end = (): void => {
      const [run] = executor.runs;
      if (run !== undefined) executor.end(run);
    };
    ask(relay, 'a');
    clock.advance(1000);
    end();
    const asked = ['runs', 'waits', 'late'].map(() => ask(relay, 'a'));
    expect(asked.map(({ heard }) => heard)).toEqual([['started'], [], ['ttft_target']]);
    clock.advance(1000);
    end();
    end();
    expect(ask(relay, 'a').heard).toEqual(['started']);
  });
});
