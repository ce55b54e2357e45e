import { seededRandom } from '../../src/core/base/random.js';
import { markdownTable } from '../support/markdown.js';
import { type Job, type NoiseFigures, noiseFigures, stretchSeconds } from './noise-figures.js';
import { NoisyMachine } from './noisy-machine.js';
import { surroundings } from './scenarios.js';
import { percent } from './tally.js';

/**
 * How noisy this machine is, and how noisy the simulated ones are, in the same figures: the same computation of about
 * 2 ms over and over in one thread.
 *
 * node machine-noise.js [seconds]
 */
const seconds = Number(process.argv[2] ?? 170);
const jobMs = 2;
const simulatedSeconds = 3600;

/** A chain of multiplications, which no compiler can shorten. */
function compute(steps: number): number {
  let x = 0.5;
  for (let step = 0; step < steps; step += 1) x = 3.9 * x * (1 - x);
  return x;
}

/** How many steps take about {@link jobMs}: by the fastest of many, which nothing has disturbed. */
function stepsPerJob(): number {
  const steps = 500_000;
  let fastestMs = Infinity;
  for (let round = 0; round < 100; round += 1) {
    const beginMs = performance.now();
    compute(steps);
    fastestMs = Math.min(fastestMs, performance.now() - beginMs);
  }
  return Math.round((steps * jobMs) / fastestMs);
}

function measure(): Job[] {
  const steps = stepsPerJob();
  const jobs: Job[] = [];
  const startMs = performance.now();
  let nowMs = startMs;
  while (nowMs < startMs + seconds * 1000) {
    compute(steps);
    const endMs = performance.now();
    jobs.push({ beginMs: nowMs - startMs, tookMs: endMs - nowMs });
    nowMs = endMs;
  }
  return jobs;
}

function simulate(machine: NoisyMachine): Job[] {
  const jobs: Job[] = [];
  for (let beginMs = 0; beginMs < simulatedSeconds * 1000;) {
    const endMs = machine.endOf(beginMs, jobMs);
    jobs.push({ beginMs, tookMs: endMs - beginMs });
    beginMs = endMs;
  }
  return jobs;
}

function row(name: string, figures: NoiseFigures): string[] {
  return [
    name,
    figures.seconds.toFixed(0),
    ...stretchSeconds.map((length) => {
      const share = figures.neighboursDiffer.get(length) ?? Number.NaN;
      return Number.isNaN(share) ? '–' : percent(share);
    }),
    figures.stallsPerMinute.toFixed(1),
    `${figures.longestStallMs.toFixed(0)} ms`,
    `${(100 * figures.stalledShare).toFixed(2)} %`,
  ];
}

const rows = [
  row('this one', noiseFigures(measure())),
  ...Object.entries(surroundings).map(([name, { noise }]) =>
    row(`simulated, ${name}`, noiseFigures(simulate(new NoisyMachine(noise, seededRandom(3))))),
  ),
];
const lengths = stretchSeconds.map((length) => `${length} s differ by`);
console.log(markdownTable(['machine', 'seconds', ...lengths, 'stalls a minute', 'longest', 'time lost'], rows));
