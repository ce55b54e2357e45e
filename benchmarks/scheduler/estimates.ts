import { ReleaseRate } from '../../src/core/scheduler/estimates/release-rate.js';
import type { Demand } from '../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../src/core/scheduler/jobs/job.js';
import { Scheduler } from '../../src/core/scheduler/scheduler.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { VirtualClock } from '../../test/support/virtual-clock.js';
import { markdownTable } from '../support/markdown.js';
import { quantile } from '../support/statistics.js';

/**
 * How good the expected times to the start of waiting jobs are, in virtual time: what a job is told when it comes, against
 * what it then waits. Beside it, the estimate from completions per second alone.
 */
const roundMs = 10;
const prefillPerRound = 128;
const jobsPerRun = 2000;

interface Load {
  readonly name: string;
  readonly policy: 'fifo' | 'fair';
  readonly slots: number;
  /** Jobs that keep coming so that about so many wait. */
  readonly waiting: number;
  readonly draw: (random: () => number) => {
    readonly key: string;
    readonly prompt: number;
    readonly most: number;
    readonly answer: number;
  };
}

const between = (random: () => number, [least, most]: readonly [number, number]): number =>
  Math.round(least + random() * (most - least));

/** A length of the log-normal distribution, as answers of models are. */
function natural(random: () => number, median: number): number {
  const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(1, Math.round(median * Math.exp(0.7 * gauss)));
}

const chats = (random: () => number): ReturnType<Load['draw']> => {
  const most = 1024;
  return { key: 'chat', prompt: between(random, [20, 600]), most, answer: Math.min(most, natural(random, 150)) };
};

const exact = (random: () => number): ReturnType<Load['draw']> => {
  const answer = between(random, [20, 400]);
  return { key: 'exact', prompt: between(random, [20, 600]), most: answer, answer };
};

/** Chats, labels of a few tokens with a limit, and summaries of long texts. */
const mixed = (random: () => number): ReturnType<Load['draw']> => {
  const kind = random();
  if (kind < 0.4) return chats(random);
  if (kind < 0.7) return { key: 'labels', prompt: between(random, [50, 300]), most: 8, answer: 8 };
  const prompt = between(random, [1000, 6000]);
  return { key: 'summaries', prompt, most: 512, answer: Math.min(512, natural(random, 220)) };
};

const loads: readonly Load[] = (['fifo', 'fair'] as const).flatMap((policy) =>
  [
    { name: 'chats', draw: chats },
    { name: 'answers of a given length', draw: exact },
    { name: 'mixed', draw: mixed },
  ].flatMap(({ name, draw }) =>
    [
      { slots: 4, waiting: 8 },
      { slots: 16, waiting: 64 },
    ].map((size) => ({ name, draw, policy, ...size })),
  ),
);

class Work extends Job {
  firstEtaMs: number | null = null;
  rateEtaMs: number | null = null;
  left: number;
  prefillLeft: number;

  constructor(
    readonly ownDemand: Demand,
    answer: number,
  ) {
    super();
    this.left = answer;
    this.prefillLeft = ownDemand.promptTokens;
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

interface Errors {
  readonly now: number[];
  readonly rate: number[];
}

function play({ policy, slots, waiting, draw }: Load, seed: number): Errors {
  const clock = new VirtualClock();
  const random = seededRandom(seed);
  const fair = { policy, classPatienceMs: 60_000, terms: new Map() };
  const scheduler = new Scheduler<Work>(
    { maxConcurrency: slots, maxQueue: 100_000, queueTimeoutMs: 0, ...(policy === 'fair' && { fair }) },
    clock,
  );
  const rate = new ReleaseRate();
  const running = new Set<Work>();
  const errors: Errors = { now: [], rate: [] };
  let admitted = 0;
  scheduler.events((event) => {
    if (event.type !== 'started') return;
    const { job, waitedMs } = event;
    running.add(job);
    rate.busy(clock.now());
    // A job that waits for less than ten rounds need not be told; the first ones come before anything is known.
    if (waitedMs < 10 * roundMs || admitted < 200) return;
    if (job.firstEtaMs !== null) errors.now.push(Math.abs(job.firstEtaMs - waitedMs) / waitedMs);
    if (job.rateEtaMs !== null) errors.rate.push(Math.abs(job.rateEtaMs - waitedMs) / waitedMs);
  });
  let goal = waiting;
  while (admitted < jobsPerRun) {
    // The length of the queue goes up and down, so that there are all positions.
    if (random() < 0.005) goal = Math.round(random() * waiting * 2);
    while (scheduler.waiting < goal && admitted < jobsPerRun) {
      const { key, prompt, most, answer } = draw(random);
      const job = new Work({ key, trafficClass: 'standard', promptTokens: prompt, maxTokens: most }, answer);
      admitted += 1;
      scheduler.admit(job);
      const view = scheduler.view(job);
      if (view === undefined) continue;
      job.firstEtaMs = view.etaMs;
      const perSecond = rate.perSecond(clock.now());
      job.rateEtaMs = perSecond === null ? null : (view.position / perSecond) * 1000;
      if (random() < 0.5) break;
    }
    clock.advance(roundMs);
    let prefill = prefillPerRound;
    for (const job of [...running]) {
      if (job.prefillLeft > 0) {
        const done = Math.min(prefill, job.prefillLeft);
        prefill -= done;
        job.prefillLeft -= done;
        if (job.prefillLeft > 0) continue;
      }
      scheduler.countOutput(job);
      job.left -= 1;
      if (job.left > 0) continue;
      running.delete(job);
      rate.release(clock.now());
      scheduler.release(job);
    }
  }
  return errors;
}

const percent = (part: number): string => `${(part * 100).toFixed(0)} %`;
const measured = loads.map((load) => ({ load, all: [1, 2, 3].map((seed) => play(load, seed)) }));
const rows = measured.map(({ load, all }) => {
  const now = all.flatMap((errors) => errors.now).sort((one, other) => one - other);
  const rate = all.flatMap((errors) => errors.rate).sort((one, other) => one - other);
  return [
    load.name,
    load.policy,
    String(load.slots),
    String(load.waiting),
    percent(quantile(rate, 0.5)),
    percent(quantile(now, 0.5)),
    percent(quantile(now, 0.9)),
  ];
});
console.log(
  markdownTable(
    ['load', 'policy', 'slots', 'waiting, about', 'error from the rate, median', 'error, median', 'error, p90'],
    rows,
  ),
);

for (const [name, some] of [
  ['mixed loads', measured.filter(({ load }) => load.name === 'mixed')],
  ['loads', measured],
] as const) {
  const now = some.flatMap(({ all }) => all.flatMap((errors) => errors.now)).sort((one, other) => one - other);
  console.log(`All ${name} together: median ${percent(quantile(now, 0.5))} (${now.length} requests)`);
}
