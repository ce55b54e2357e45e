import { describe, expect, it } from 'vitest';
import type { CancelTimer, Clock } from '../../../../src/core/base/clock.js';
import { Emitter } from '../../../../src/core/base/emitter.js';
import type { AdmittedRequest } from '../../../../src/core/inference/request.js';
import { QueueAnnouncer } from '../../../../src/core/server/streaming/queue-announcer.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** A line in which requests wait whose clients want to know their places. */
class Line {
  readonly clock = new VirtualClock();
  readonly #moves = new Emitter<undefined>();
  readonly heard: string[][] = [];
  /** How often places were asked for, altogether and in each turn of the event loop in which they were. */
  looks = 0;
  readonly looksInTurns: number[] = [];
  readonly announcer = new QueueAnnouncer({ moves: this.#moves.subscribe }, this.#turns());
  #first = 0;
  readonly requests: readonly AdmittedRequest[];

  constructor(length: number) {
    this.requests = Array.from({ length }, (_, index) => ({
      place: () => {
        this.looks += 1;
        const position = index - this.#first + 1;
        return position < 1 ? undefined : { position, etaMs: null };
      },
    }));
    for (const request of this.requests) {
      const comments: string[] = [];
      this.heard.push(comments);
      this.announcer.watch(request, (comment) => comments.push(comment));
    }
    this.looks = 0;
    this.looksInTurns.length = 0;
  }

  get last(): readonly string[] {
    return this.heard.at(-1) ?? [];
  }

  /** The first one starts. */
  advance(): void {
    this.#first += 1;
    this.#turn(() => {
      this.#moves.emit(undefined);
    });
  }

  /** Each timer has a turn of its own. */
  #turns(): Clock {
    const schedule = (delayMs: number, callback: () => void): CancelTimer =>
      this.clock.schedule(delayMs, () => {
        this.#turn(callback);
      });
    return { now: () => this.clock.now(), schedule };
  }

  #turn(callback: () => void): void {
    const before = this.looks;
    callback();
    if (this.looks > before) this.looksInTurns.push(this.looks - before);
  }
}

const at = (position: number): string => `queued position=${position}`;

describe('places of those who wait', () => {
  it('are told at every change while they are few', () => {
    const line = new Line(50);
    for (let start = 1; start <= 3; start += 1) line.advance();
    expect(line.last).toEqual([50, 49, 48, 47].map(at));
    expect(line.clock.pending).toBe(47);
  });

  it('are told at once and then seldom while thousands wait, the latest in the end', () => {
    const line = new Line(4000);
    line.advance();
    line.clock.advance(0);
    expect(line.last).toEqual([4000, 3999].map(at));
    for (let start = 1; start <= 100; start += 1) {
      line.advance();
      line.clock.advance(1);
    }
    // No client was told of any of them.
    expect(line.looks).toBe(4000);
    line.clock.advance(1000);
    expect(line.last).toEqual([4000, 3999, 3899].map(at));
    expect(line.looks).toBeLessThan(8000);
    // All is quiet: only the heartbeats are left.
    line.clock.advance(1000);
    expect(line.clock.pending).toBe(3899);
    line.advance();
    line.clock.advance(0);
    expect(line.last.at(-1)).toBe(at(3898));
  });

  it('are told a hundred in one turn of the event loop, also if some leave in between', () => {
    const line = new Line(250);
    line.advance();
    const [, , leaving] = line.requests;
    if (leaving !== undefined) line.announcer.unwatch(leaving);
    line.advance();
    expect(line.looksInTurns).toEqual([100]);
    expect(line.last).toEqual([at(250)]);
    line.clock.advance(0);
    expect(line.looksInTurns).toEqual([100, 100, 50]);
    expect(line.last).toEqual([250, 248].map(at));
    // What has moved in the meantime is told to those who were asked before.
    line.clock.advance(100);
    expect(line.heard[50]).toEqual([51, 50, 49].map(at));
    expect(Math.max(...line.looksInTurns)).toBe(100);
  });

  it('are told no more once all have left in the middle of a round', () => {
    const line = new Line(250);
    line.advance();
    for (const request of line.requests) line.announcer.unwatch(request);
    expect(line.clock.pending).toBe(0);
    line.clock.advance(1000);
    expect(line.looksInTurns).toEqual([100]);
  });

  it('are told once more if they change while all of few are told', () => {
    const line = new Line(3);
    let told = 0;
    const request = { place: () => ({ position: 4 - told, etaMs: null }) };
    line.announcer.watch(request, () => {
      told += 1;
      if (told === 2) line.advance();
    });
    line.advance();
    expect(line.last).toEqual([3, 2, 1].map(at));
  });

  it('cost the same share of the time in a longer line', () => {
    const looksIn = (length: number): number => {
      const line = new Line(length);
      for (let ms = 0; ms < 5000; ms += 10) {
        line.advance();
        line.clock.advance(10);
      }
      return line.looks;
    };
    expect(looksIn(4000) / looksIn(2000)).toBeLessThan(1.2);
  });

  it('need no timer when nobody waits any more', () => {
    const line = new Line(1000);
    line.advance();
    line.advance();
    for (const request of line.requests) line.announcer.unwatch(request);
    expect(line.clock.pending).toBe(0);
  });

  it('are told at every change to those that come after changes of which nobody was told', () => {
    const line = new Line(3);
    for (const request of line.requests) line.announcer.unwatch(request);
    line.advance();
    const comments: string[] = [];
    for (const request of line.requests.slice(-1)) line.announcer.watch(request, (comment) => comments.push(comment));
    line.advance();
    expect(comments).toEqual([2, 1].map(at));
  });
});
