import { systemClock } from '../../src/core/base/clock.js';
import { Job } from '../../src/core/scheduler/jobs/job.js';
import { Scheduler } from '../../src/core/scheduler/scheduler.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { markdownTable } from '../support/markdown.js';
import { median, ratios } from '../support/statistics.js';

/**
 * Whether the queue's operations cost the same however many jobs wait: nanoseconds with 1,000 and with 100,000 waiting.
 */
const shortQueue = 1000;
const longQueue = 100_000;
const batch = 500;
const warmUps = 10;
const repeats = 60;

/** A scheduler with the settings of a server, and the same number of waiting jobs before every batch. */
class Queue {
  readonly #scheduler: Scheduler<Job>;
  readonly #random = seededRandom(1);
  /** The waiting jobs: in order of arrival, until one in the middle is replaced. */
  #waiting: Job[] = [];
  #running: Job[] = [];

  constructor(length: number) {
    const limits = { maxConcurrency: 8, maxQueue: length, queueTimeoutMs: 3_600_000 };
    this.#scheduler = new Scheduler(limits, systemClock);
    this.#scheduler.events((event) => {
      if (event.type === 'started') this.#running.push(event.job);
    });
    this.#fill();
  }

  /** A job is admitted and, a moment later, withdrawn. */
  comeAndGo(): number {
    const last = this.#waiting.pop();
    if (last !== undefined) this.#scheduler.withdraw(last);
    const each = nanosecondsEach(() => {
      const job = new Job();
      this.#scheduler.admit(job);
      this.#scheduler.withdraw(job);
    });
    this.#fill();
    return each;
  }

  /** A random waiting job is withdrawn, and a new one is admitted. */
  replaceAnybody(): number {
    const leaving = new Set(this.#anybody());
    const newcomers: Job[] = [];
    const each = nanosecondsForEach([...leaving], (job) => {
      const newcomer = new Job();
      this.#scheduler.withdraw(job);
      this.#scheduler.admit(newcomer);
      newcomers.push(newcomer);
    });
    this.#waiting = [...this.#waiting.filter((job) => !leaving.has(job)), ...newcomers];
    return each;
  }

  /** A running generation ends, and the first in the queue takes its slot. */
  releaseAndStart(): number {
    const each = nanosecondsEach((count) => {
      const job = this.#running[count];
      if (job !== undefined) this.#scheduler.release(job);
    });
    this.#running = this.#running.slice(batch);
    this.#waiting = this.#waiting.slice(batch);
    this.#fill();
    return each;
  }

  /** Neighbours in the queue ask for position and expected wait, as when all of them learn that they have moved up. */
  positionsInOrder(): number {
    const first = Math.floor(this.#random() * (this.#waiting.length - batch));
    return this.#positions(this.#waiting.slice(first, first + batch));
  }

  positionOfAnybody(): number {
    return this.#positions(this.#anybody());
  }

  /** The cost of only reading one field of a random job: the share of the machine's caches. */
  touchAnybody(): number {
    let sum = 0;
    const each = nanosecondsForEach(this.#anybody(), ({ place }) => {
      sum += place;
    });
    if (sum < 0) throw new Error('Somebody who should wait does not.');
    return each;
  }

  #positions(jobs: readonly Job[]): number {
    let sum = 0;
    const each = nanosecondsForEach(jobs, (job) => {
      sum += this.#scheduler.view(job)?.position ?? Number.NaN;
    });
    if (Number.isNaN(sum)) throw new Error('Somebody who should wait does not.');
    return each;
  }

  /** Tops the queue up again. */
  #fill(): void {
    while (this.#scheduler.room.vacancies > 0) {
      const job = new Job();
      this.#scheduler.admit(job);
      if (job.status === 'waiting') this.#waiting.push(job);
    }
  }

  /** References only: the jobs themselves are not read here, so they are not brought into the caches. */
  #anybody(): Job[] {
    return randomPicks(this.#random, this.#waiting.length).flatMap((pick) => this.#waiting.slice(pick, pick + 1));
  }
}

/** The cost of only finding one of that many jobs by an id. */
class PlainMap {
  readonly #random = seededRandom(1);
  readonly #ids: readonly string[];
  readonly #entries: ReadonlyMap<string, { readonly position: number }>;

  constructor(length: number) {
    this.#ids = Array.from({ length }, (_, count) => `request-${count}`);
    this.#entries = new Map(this.#ids.map((id, position) => [id, { position }]));
  }

  lookUpAnybody(): number {
    const picks = randomPicks(this.#random, this.#ids.length);
    let sum = 0;
    const each = nanosecondsEach((count) => {
      sum += this.#entries.get(this.#ids[picks[count] ?? 0] ?? '')?.position ?? NaN;
    });
    if (Number.isNaN(sum)) throw new Error('A job is missing from the map.');
    return each;
  }
}

function randomPicks(random: () => number, length: number): number[] {
  return Array.from({ length: batch }, () => Math.floor(random() * length));
}

function nanosecondsEach(operate: (count: number) => void): number {
  const began = process.hrtime.bigint();
  for (let count = 0; count < batch; count += 1) operate(count);
  return Number(process.hrtime.bigint() - began) / batch;
}

function nanosecondsForEach<T>(subjects: readonly T[], operate: (subject: T) => void): number {
  const began = process.hrtime.bigint();
  for (const subject of subjects) operate(subject);
  return Number(process.hrtime.bigint() - began) / subjects.length;
}

/** Short and long alternate, so that a drifting machine slows both. */
function row<Subject>(name: string, build: (length: number) => Subject, measure: (on: Subject) => number): string[] {
  const short = build(shortQueue);
  const long = build(longQueue);
  const shortNs: number[] = [];
  const longNs: number[] = [];
  for (let repeat = -warmUps; repeat < repeats; repeat += 1) {
    const measured = [measure(short), measure(long)] as const;
    if (repeat < 0) continue;
    shortNs.push(measured[0]);
    longNs.push(measured[1]);
  }
  return [name, median(shortNs).toFixed(0), median(longNs).toFixed(0), median(ratios(longNs, shortNs)).toFixed(2)];
}

const queue = (length: number): Queue => new Queue(length);
const rows = [
  row('admit + withdraw the same', queue, (queue) => queue.comeAndGo()),
  row('withdraw anybody + admit', queue, (queue) => queue.replaceAnybody()),
  row('release → start', queue, (queue) => queue.releaseAndStart()),
  row('position, one after the other', queue, (queue) => queue.positionsInOrder()),
  row('position of anybody', queue, (queue) => queue.positionOfAnybody()),
  row('for comparison: touch anybody’s job', queue, (queue) => queue.touchAnybody()),
  row(
    'for comparison: Map.get of anybody',
    (length) => new PlainMap(length),
    (map) => map.lookUpAnybody(),
  ),
];
console.log(markdownTable(['ns per operation (medians)', '1,000 waiting', '100,000 waiting', 'ratio'], rows));
