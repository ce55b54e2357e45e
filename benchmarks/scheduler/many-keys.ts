import { systemClock } from '../../src/core/base/clock.js';
import type { Demand } from '../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../src/core/scheduler/jobs/job.js';
import { Scheduler } from '../../src/core/scheduler/scheduler.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { markdownTable } from '../support/markdown.js';
import { median, ratios } from '../support/statistics.js';

/**
 * What the fair queue costs beside the plain one: nanoseconds with 100,000 waiting jobs of 10 and of 10,000 keys, and
 * milliseconds of CPU for a single position after a change and for the end of an answer.
 */
const waiting = 100_000;
const batch = 500;
const warmUps = 5;
const repeats = 40;

class KeyJob extends Job {
  constructor(readonly ownDemand: Demand) {
    super();
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

class Queue {
  readonly #scheduler: Scheduler<KeyJob>;
  readonly #demands: readonly Demand[];
  readonly #random = seededRandom(1);
  readonly #running: KeyJob[] = [];
  readonly #jobs: KeyJob[] = [];
  #newKeys = 0;

  /** @param keys their number; 0 for the plain queue */
  constructor(keys: number) {
    const fair = { policy: 'fair', classPatienceMs: 60_000, terms: new Map() } as const;
    const limits = { maxConcurrency: 8, maxQueue: waiting + batch, queueTimeoutMs: 3_600_000 };
    this.#scheduler = new Scheduler({ ...limits, ...(keys > 0 && { fair }) }, systemClock);
    this.#scheduler.events((event) => {
      if (event.type === 'started') this.#running.push(event.job);
    });
    this.#demands = Array.from({ length: Math.max(1, keys) }, (_, index) => {
      return { key: `key-${index}`, trafficClass: 'standard', promptTokens: 100, maxTokens: 200 } as const;
    });
    while (this.#scheduler.waiting < waiting) this.#admit();
  }

  releaseAndStart(): number {
    const each = nanosecondsEach(() => {
      const job = this.#running.shift();
      if (job !== undefined) this.#scheduler.release(job);
    });
    while (this.#scheduler.waiting < waiting) this.#admit();
    return each;
  }

  comeAndGo(): number {
    const jobs = Array.from({ length: batch }, () => this.#job());
    return nanosecondsEach((count) => {
      const job = jobs[count];
      if (job === undefined) return;
      this.#scheduler.admit(job);
      this.#scheduler.withdraw(job);
    });
  }

  /** A token beyond what was expected, which the key pays for at once. */
  output(): number {
    return nanosecondsEach((count) => {
      const job = this.#running[count % this.#running.length];
      if (job !== undefined) this.#scheduler.countOutput(job);
    });
  }

  /** After a change, all positions one after the other: the nanoseconds of CPU that each takes. */
  positions(): number {
    this.#admit();
    const waits = this.#jobs.filter((job) => job.status === 'waiting');
    const ms = cpuMs(() => {
      for (const job of waits) this.#scheduler.view(job);
    });
    const last = waits.at(-1);
    if (last !== undefined) this.#scheduler.withdraw(last);
    return (ms * 1e6) / waits.length;
  }

  /** An answer ends, and another begins. @returns milliseconds of CPU */
  endOfAnswer(): number {
    const ending = this.#running.shift();
    if (ending === undefined) throw new Error('No job runs.');
    for (let left = Math.ceil(this.#random() * 200); left > 0; left -= 1) this.#scheduler.countOutput(ending);
    const ms = cpuMs(() => {
      this.#scheduler.release(ending);
    });
    this.#admit();
    return ms;
  }

  /** After an answer has ended and another begun, the position of any that waits. @returns milliseconds of CPU */
  positionAfterAnswer(): number {
    this.endOfAnswer();
    for (;;) {
      const job = this.#jobs[Math.floor(this.#random() * this.#jobs.length)];
      if (job?.status === 'waiting') return cpuMs(() => this.#scheduler.view(job));
    }
  }

  /** After a change, one position: that of a newcomer. @returns milliseconds of CPU */
  onePosition(of: 'new key' | 'busy key'): number {
    this.#newKeys += 1;
    const key = `new-${this.#newKeys}`;
    const job =
      of === 'busy key'
        ? this.#job()
        : new KeyJob({ key, trafficClass: 'standard', promptTokens: 100, maxTokens: 200 });
    this.#scheduler.admit(job);
    const ms = cpuMs(() => this.#scheduler.view(job));
    this.#scheduler.withdraw(job);
    return ms;
  }

  #job(): KeyJob {
    const demand = this.#demands[Math.floor(this.#random() * this.#demands.length)];
    if (demand === undefined) throw new Error('There is no key.');
    return new KeyJob(demand);
  }

  #admit(): void {
    const job = this.#job();
    this.#scheduler.admit(job);
    this.#jobs.push(job);
  }
}

function cpuMs(operate: () => unknown): number {
  const began = process.cpuUsage();
  operate();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

function nanosecondsEach(operate: (count: number) => void): number {
  const began = process.hrtime.bigint();
  for (let count = 0; count < batch; count += 1) operate(count);
  return Number(process.hrtime.bigint() - began) / batch;
}

function measured(times: number, measure: (on: Queue) => number): readonly (readonly number[])[] {
  const queues = [0, 10, 10_000].map((keys) => new Queue(keys));
  const figures: number[][] = queues.map(() => []);
  for (let repeat = -warmUps; repeat < times; repeat += 1) {
    for (const [index, queue] of queues.entries()) {
      const each = measure(queue);
      if (repeat >= 0) figures[index]?.push(each);
    }
  }
  return figures;
}

function row(name: string, times: number, measure: (on: Queue) => number): readonly string[] {
  const figures = measured(times, measure);
  const [, few = [], many = []] = figures;
  return [name, ...figures.map((each) => median(each).toFixed(0)), median(ratios(many, few)).toFixed(2)];
}

const rows = [
  row('release → start', repeats, (queue) => queue.releaseAndStart()),
  row('admit + withdraw', repeats, (queue) => queue.comeAndGo()),
  row('count an output token', repeats, (queue) => queue.output()),
  row('position, each of all', 5, (queue) => queue.positions()),
];
const queues = ['first come, first served', 'fair, 10 keys', 'fair, 10,000 keys', '10,000 / 10'];
console.log(markdownTable(['ns per operation (medians)', ...queues], rows));

// So many that what is done only from time to time is among them.
const positionsAsked = 100;
const mean = (all: readonly number[]): number => all.reduce((sum, ms) => sum + ms, 0) / all.length;
const asked: readonly (readonly [of: string, measure: (on: Queue) => number])[] = [
  ['new key', (queue) => queue.onePosition('new key')],
  ['busy key', (queue) => queue.onePosition('busy key')],
  ['any, after an answer', (queue) => queue.positionAfterAnswer()],
  ['none: the end of an answer itself', (queue) => queue.endOfAnswer()],
];
const positions = asked.flatMap(([of, measure]) => {
  const figures = measured(positionsAsked, measure);
  const cells = (summary: (all: readonly number[]) => number): readonly string[] =>
    figures.map((all) => summary(all).toFixed(2));
  return [
    [`${of}: median`, ...cells(median)],
    [`${of}: mean`, ...cells(mean)],
    [`${of}: longest`, ...cells((all) => Math.max(...all))],
  ];
});
console.log();
console.log(markdownTable(['one position after a change, ms of CPU', ...queues.slice(0, 3)], positions));
