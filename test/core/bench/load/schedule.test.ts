import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import type { LoadShape } from '../../../../src/core/bench/load/job/load-job.js';
import type { TenantLoad } from '../../../../src/core/bench/load/job/tenant-load.js';
import { arrivalTimes, scheduleOf, stagedTimes } from '../../../../src/core/bench/load/loops/arrivals.js';
import { drawGamma } from '../../../../src/core/bench/load/loops/gamma.js';
import { ArrivalsOfTenants } from '../../../../src/core/bench/load/supply/tenant-supply.js';
import { TurnsInOrder } from '../../../../src/core/bench/load/supply/turns-in-order.js';
import type { Arrival } from '../../../../src/core/bench/plan/options.js';
import { searchArrivalSeed } from '../../../../src/core/bench/plan/searched.js';
import { parseRamp, parseStages } from '../../../../src/core/bench/plan/stages.js';
import { assumedScale } from '../../../../src/core/bench/workload/words.js';
import { createWorkload, type WorkloadSpec } from '../../../../src/core/bench/workload/workload.js';
import { singleRequests } from '../../../../src/core/measurement/workload/conversation-shape.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';

type OpenShape = Extract<LoadShape, { type: 'open' }>;

const gamma: Arrival = { type: 'gamma', cv: 2 };

/** With the moments at which requests are due, in milliseconds: a version that changes them measures something else. */
const shapes: readonly (readonly [string, string, OpenShape])[] = [
  [
    'poisson',
    '99 99 174 570 916 949 1044 1171 1227 1753 1814 1881 1896 1948 1976',
    { type: 'open', rate: 10, arrival: 'poisson', seed: 1 },
  ],
  [
    'gamma',
    '0 1 65 178 180 233 450 471 471 550 552 1240 1240 1241 1241 2529 2540 2542 3243 3394 3426',
    { type: 'open', rate: 10, arrival: gamma, seed: 1 },
  ],
  [
    'burst',
    '0 0 0 1000 1000 1000 2000 2000 2000 3000 3000 3000 4000 4000 4000',
    { type: 'open', rate: 3, arrival: 'burst', seed: 1 },
  ],
  [
    'a ramp',
    '944 945 1090 1568 1853 1878 1945 2031 2066 2373 2405 2440',
    { type: 'open', rate: 10, arrival: 'poisson', seed: 1, stages: parseRamp('0-20/2s') },
  ],
  [
    'stages',
    '0 500 1000 1500 1625 1750 1875 2000 2125 2250 2375',
    { type: 'open', rate: 5, arrival: 'constant', seed: 1, stages: parseStages('2@1s,8@1s') },
  ],
  [
    'bursts in stages',
    '0 500 500 1500 1500 1500 1500 1500 1500 1500 1500',
    { type: 'open', rate: 5, arrival: 'burst', seed: 1, stages: parseStages('2@1s,8@1s') },
  ],
  [
    'a point of a search',
    '360 503 519 538 806 943 1274 1278 1531 1536 2437 2439 2447',
    { type: 'open', rate: 5.25, arrival: 'poisson', seed: searchArrivalSeed(1, 2, 5.25) },
  ],
  [
    'a trace',
    '0 400 500 500 1200',
    { type: 'open', rate: 4, arrival: 'poisson', seed: 1, times: [0, 0.4, 0.5, 0.5, 1.2] },
  ],
  [
    'conversations in stages',
    '0 500 1000 1500 1625 1750 1875 2000 2125 2250 2375',
    { type: 'open', rate: 15, arrival: 'constant', seed: 1, stages: parseStages('6@1s,24@1s'), turnsEach: 3 },
  ],
];

const whole = { worker: 0, workers: 1, warmupMs: 500, requests: 12 };

const specs: readonly WorkloadSpec[] = [
  {
    ...{ type: 'synthetic', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale },
    ...{ inputTokens: parseLengths('4-12'), outputTokens: parseLengths('3-9') },
  },
  {
    ...{ type: 'synthetic', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale },
    ...{ inputTokens: parseLengths('4-12'), outputTokens: parseLengths('3-9') },
    shape: { ...singleRequests, turns: parseLengths('2-4') },
  },
  {
    ...{ type: 'prompts', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: assumedScale },
    outputTokens: parseLengths('3-9'),
    conversations: [1, 3, 2].map((turns, conversation) =>
      Array.from({ length: turns }, (_, turn) => [{ role: 'user', content: `${conversation}.${turn}` }]),
    ),
  },
];

/** What all workers together send, and when: by time, then by number. */
function sentBy(workers: number, shape: OpenShape, spec: WorkloadSpec): readonly string[] {
  const parts = Array.from({ length: workers }, (_, worker) => {
    const turns = new TurnsInOrder(createWorkload(spec), 0);
    return [...scheduleOf(shape, { ...whole, worker, workers })].map(({ index, dueUs }) => ({
      index,
      dueUs,
      turn: turns.at(index),
    }));
  });
  return parts
    .flat()
    .toSorted((one, other) => one.index - other.index)
    .map(({ index, dueUs, turn }) => `${index} ${Math.round(dueUs)} ${JSON.stringify(turn)}`);
}

describe('the plan of an open loop', () => {
  it.each(shapes)('is the same requests at the same times for any number of workers: %s', (_, _times, shape) => {
    for (const spec of specs) {
      const alone = sentBy(1, shape, spec);
      expect(new Set(alone).size).toBe(alone.length);
      for (const workers of [2, 3]) expect(sentBy(workers, shape, spec)).toEqual(alone);
    }
  });

  it.each(shapes)('does not change from version to version: %s', (_, known, shape) => {
    const times = [...scheduleOf(shape, whole)].map(({ dueUs }) => Math.round(dueUs / 1000));
    expect(times.join(' ')).toBe(known);
  });

  it('has as many requests after the warm-up as were asked for', () => {
    for (const [, , shape] of shapes.slice(0, 3)) {
      const due = [...scheduleOf(shape, whole)].filter(({ dueUs }) => dueUs >= whole.warmupMs * 1000);
      expect(due).toHaveLength(whole.requests);
    }
  });
});

it('whose an arrival is, and which of its own, does not depend on which arrivals one asks for', () => {
  const tenants = ['anna', 'ben'].map((name) => tenantLoad(name));
  const all = new ArrivalsOfTenants(tenants, 1);
  const known = Array.from({ length: 40 }, (_, index) => all.at(index));
  const some = new ArrivalsOfTenants(tenants, 1);
  for (const index of [1, 3, 4, 17, 39]) expect(some.at(index)).toEqual(known[index]);
  expect(new Set(known.map(({ tenant, number }) => `${tenant} ${number}`)).size).toBe(40);
});

function tenantLoad(name: string): TenantLoad {
  const [workload] = specs;
  if (workload === undefined) throw new Error('no workload');
  return {
    tenant: {
      ...{ name, portion: { type: 'share', share: 1 }, weight: 1, priority: null, sharedPrefixTokens: 0 },
      ...{ prompts: { type: 'synthetic', inputTokens: parseLengths('4') }, outputTokens: parseLengths('4') },
      conversations: singleRequests,
    },
    client: { url: 'http://127.0.0.1:9', headers: {}, timeoutMs: 1000 },
    workload,
    body: { model: 'm', ignoreEos: false, omitted: [], extraBody: null },
  };
}

describe('a rate that changes', () => {
  it('has in each second as many requests as the rate says', () => {
    const times = [...stagedTimes('constant', parseRamp('0-20/10s'), seededRandom(1))];
    const perSecond = Array.from(
      { length: 10 },
      (_, second) => times.filter((time) => Math.floor(time) === second).length,
    );
    expect(perSecond).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    const falling = [...stagedTimes('constant', parseRamp('20-0/10s'), seededRandom(1))];
    expect(falling).toHaveLength(100);
    expect(falling.filter((time) => time < 1)).toHaveLength(19);
  });

  it('sends nothing in a stage without requests', () => {
    const times = [...stagedTimes('constant', parseStages('2@1s,0@5s,2@1s'), seededRandom(1))];
    expect(times).toEqual([0, 0.5, 6, 6.5]);
  });

  it('has no more chance in it than a rate that stays', () => {
    const plain = arrivalTimes('poisson', 8, seededRandom(3));
    for (const time of stagedTimes('poisson', parseStages('8@20s'), seededRandom(3))) {
      expect(time).toBeCloseTo(plain.next().value, 9);
    }
  });
});

describe('gamma arrivals', () => {
  it.each([0.3, 1, 2.5])('keep the rate, and have the coefficient of variation that was asked for: %s', (cv) => {
    const times = arrivalTimes({ type: 'gamma', cv }, 5, seededRandom(7));
    let last = 0;
    const gaps = Array.from({ length: 40_000 }, () => {
      const gap = times.next().value - last;
      last += gap;
      return gap;
    });
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean * 5).toBeCloseTo(1, 1);
    expect(Math.abs(Math.sqrt(variance) / mean / cv - 1)).toBeLessThan(0.05);
  });

  it('have gaps of 0 or more even if nearly all of them are tiny', () => {
    const random = seededRandom(1);
    const drawn = Array.from({ length: 1000 }, () => drawGamma(0.01, random));
    expect(drawn.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
  });
});
