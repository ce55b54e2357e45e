import { describe, expect, it } from 'vitest';
import type { Usage } from '../../../src/core/executor/upstream/exchange/answer-watch.js';
import { Relay } from '../../../src/core/relay/relay.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ask, type Asked } from './ask.js';
import { FakeExecutor, wholeAnswer } from './fake-executor.js';

/** One place, where answers of 16 tokens come in one body after two seconds. */
class House {
  readonly clock = new VirtualClock();
  readonly relay: Relay;
  readonly #executor = new FakeExecutor('one', 1, ['model']);

  constructor(ttftTargetMs: number | null) {
    const options = { maxConcurrency: null, maxQueue: 9, queueTimeoutMs: 60_000, aliases: [], ttftTargetMs };
    this.relay = new Relay([this.#executor], options, this.clock);
  }

  ask(): Asked {
    return ask(this.relay, 'model', { isWhole: true, maxTokens: 100 });
  }

  /** @param said what the upstream says of each answer, besides its tokens */
  answer(count: number, said: Pick<Usage, 'decodeMs'> = {}): void {
    for (let index = 0; index < count; index += 1) {
      this.ask();
      this.clock.advance(2000);
      const run = this.#executor.runs.shift();
      run?.listener.whole(wholeAnswer, { promptTokens: 10, cachedTokens: 0, outputTokens: 16, ...said });
    }
  }

  /** What the client of a request hears at once that would begin after the one that runs. */
  heardBehindOne(): readonly string[] {
    this.ask();
    return this.ask().heard;
  }
}

describe('of answers in one body', () => {
  it('the whole time is not taken for that of their prompts', () => {
    const house = new House(3000);
    house.answer(4);
    expect(house.heardBehindOne()).toEqual([]);
  });

  it.each([
    [3700, []],
    [3000, ['ttft_target']],
  ])(
    'what the upstream says about their tokens is not taken for the time of their prompts (target %i ms)',
    (target, heard) => {
      const house = new House(target);
      house.answer(4, { decodeMs: 500 });
      expect(house.heardBehindOne()).toEqual(heard);
    },
  );

  it('those that run are expected to end as time goes by', () => {
    const house = new House(null);
    house.answer(4);
    house.heardBehindOne();
    const etas = [0, 1, 2, 3].map(() => {
      const [waiting] = house.relay.snapshot().waiting;
      house.clock.advance(500);
      return Math.round(waiting?.etaMs ?? Number.NaN);
    });
    expect(etas).toEqual([2000, 1500, 1000, 500]);
  });
});
