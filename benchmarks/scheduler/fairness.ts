import type { Demand } from '../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../src/core/scheduler/jobs/job.js';
import { outputWeight, promptWeight } from '../../src/core/scheduler/jobs/key-account.js';
import { Scheduler } from '../../src/core/scheduler/scheduler.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { VirtualClock } from '../../test/support/virtual-clock.js';
import { markdownTable } from '../support/markdown.js';
import { quantile } from '../support/statistics.js';

/**
 * How far apart the services of two keys get that have waiting jobs all the time, against the bound of "Fairness in Serving
 * Large Language Models" (Sheng et al., OSDI 2024): 2 · max(weight · longest prompt, weight · tokens of a full batch), divided
 * by the smaller share.
 */
const slots = 8;
const longestPrompt = 512;
const longestAnswer = 256;
const rounds = 3000;
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const keys = ['anna', 'ben'] as const;

type Key = (typeof keys)[number];

/** The longest prompt and answer of a key. */
type Lengths = readonly [prompt: number, answer: number];

interface Load {
  readonly name: string;
  readonly lengths: Readonly<Record<Key, Lengths>>;
  /** How many jobs of a key come in this round, of which so many wait. */
  readonly arrivals: (key: Key, waiting: number, round: number, random: () => number) => number;
}

const longest: Lengths = [longestPrompt, longestAnswer];
const alike = { anna: longest, ben: longest };
/** One reads much and writes little, the other the other way round. */
const unlike: Load['lengths'] = { anna: [longestPrompt, 16], ben: [32, longestAnswer] };

const flood: Load['arrivals'] = (_, __, round) => (round === 0 ? 2000 : 0);
const floodAndPerson: Load['arrivals'] = (key, waiting, round) => {
  if (key === 'anna') return round % 1000 === 0 ? 500 : 0;
  return waiting < 2 ? 1 : 0;
};
const bursts: Load['arrivals'] = (_, __, ___, random) => (random() < 0.01 ? Math.ceil(random() * 60) : 0);

const loads: readonly Load[] = [
  { name: 'both flood', lengths: alike, arrivals: flood },
  { name: 'both flood, unlike lengths', lengths: unlike, arrivals: flood },
  { name: 'a flood beside one that keeps two waiting', lengths: alike, arrivals: floodAndPerson },
  { name: 'bursts', lengths: alike, arrivals: bursts },
  { name: 'bursts, unlike lengths', lengths: unlike, arrivals: bursts },
];

class Work extends Job {
  answered = 0;

  constructor(
    readonly ownDemand: Demand,
    readonly answerTokens: number,
  ) {
    super();
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

interface Scene {
  readonly load: Load;
  /** Of the first key; that of the other is 1. */
  readonly share: number;
  readonly policy: 'fair' | 'fifo';
}

/** @returns the largest difference, in weighted tokens divided by the shares */
function largestDifference({ load, share, policy }: Scene, seed: number): number {
  const random = seededRandom(seed);
  const shares: Readonly<Record<Key, number>> = { anna: share, ben: 1 };
  const terms = new Map(keys.map((key) => [key, { share: shares[key], maxRunning: null, maxWaiting: null }]));
  const fair = { policy, classPatienceMs: 60_000, terms };
  const scheduler = new Scheduler<Work>(
    { maxConcurrency: slots, maxQueue: Infinity, queueTimeoutMs: 0, fair },
    new VirtualClock(),
  );
  const running = new Set<Work>();
  const waiting: Record<Key, Work[]> = { anna: [], ben: [] };
  const service: Record<Key, number> = { anna: 0, ben: 0 };
  const keyOf = ({ ownDemand }: Work): Key => (ownDemand.key === 'anna' ? 'anna' : 'ben');
  scheduler.events((event) => {
    if (event.type !== 'started') return;
    running.add(event.job);
    const key = keyOf(event.job);
    waiting[key] = waiting[key].filter((job) => job !== event.job);
  });
  const admit = (key: Key): void => {
    const [prompt, answer] = load.lengths[key];
    const promptTokens = Math.ceil(random() * prompt);
    const demand = { key, trafficClass: 'standard', promptTokens, maxTokens: longestAnswer } as const;
    const job = new Work(demand, Math.ceil(random() * answer));
    waiting[key].push(job);
    scheduler.admit(job);
  };
  const generate = (job: Work): void => {
    const key = keyOf(job);
    if (job.answered === 0) service[key] += job.ownDemand.promptTokens * promptWeight;
    job.answered += 1;
    service[key] += outputWeight;
    scheduler.countOutput(job);
    if (job.answered < job.answerTokens) return;
    running.delete(job);
    scheduler.release(job);
  };
  let least = Infinity;
  let greatest = -Infinity;
  let most = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const key of keys) {
      for (let left = load.arrivals(key, waiting[key].length, round, random); left > 0; left -= 1) admit(key);
      // Some leave.
      const leaving = random() < 0.02 ? waiting[key].pop() : undefined;
      if (leaving !== undefined) scheduler.withdraw(leaving);
    }
    for (const job of [...running]) generate(job);
    if (keys.some((key) => waiting[key].length === 0)) {
      [least, greatest] = [Infinity, -Infinity];
      continue;
    }
    const ahead = service.anna / shares.anna - service.ben / shares.ben;
    [least, greatest] = [Math.min(least, ahead), Math.max(greatest, ahead)];
    most = Math.max(most, greatest - least);
  }
  return most;
}

function boundOf(share: number): number {
  const inBatch = slots * (longestPrompt + longestAnswer);
  return (2 * Math.max(promptWeight * longestPrompt, outputWeight * inBatch)) / Math.min(1, share);
}

const rows = loads.flatMap((load) =>
  [1, 3, 0.25].map((share) => {
    const differences = (policy: Scene['policy']): readonly number[] =>
      seeds
        .map((seed) => largestDifference({ load, share, policy }, seed) / boundOf(share))
        .sort((one, other) => one - other);
    const cells = [differences('fair'), differences('fifo')].flatMap((all) => [quantile(all, 0.5), all.at(-1) ?? 0]);
    return [load.name, `${share} : 1`, ...cells.map((ratio) => ratio.toFixed(2))];
  }),
);
console.log(markdownTable(['load', 'shares', 'fair, median', 'fair, largest', 'fifo, median', 'fifo, largest'], rows));
