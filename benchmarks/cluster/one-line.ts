import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { markdownTable } from '../support/markdown.js';
import { answerOf, LineSimulation, type Size } from './line-simulation.js';
import { Stopwatch } from './stopwatch.js';

/**
 * How long a line the holder of a model can keep: the real scheduler in virtual time, from one node to 1,000 nodes of 32
 * slots with 1,000,000 requests waiting.
 */
const sizes = [
  { nodes: 1, waiting: 1000 },
  { nodes: 100, waiting: 100_000 },
  { nodes: 1000, waiting: 1_000_000 },
] as const;
/**
 * After 1, 4, 16, 64 and so on generations, the scheduler weighs everything that waits anew. That is measured until so many have
 * ended; then the single grants are, until the next time.
 */
const weighedGrants = 1100;
const measuredGrants = 2500;
/** With few slots, fewer end. */
const mostSteps = 3000;

// From now on, what runs in a new context can collect the garbage of all of them.
setFlagsFromString('--expose-gc');

function heapMegabytes(): number {
  runInNewContext('gc()');
  return process.memoryUsage().heapUsed / 1e6;
}

class Measured {
  readonly admit = new Stopwatch();
  readonly weigh = new Stopwatch();
  readonly grant = new Stopwatch();
  readonly token = new Stopwatch();
  readonly position = new Stopwatch();
  readonly leave = new Stopwatch();
  heapMB = 0;
}

async function measure(size: Size): Promise<Measured> {
  const measured = new Measured();
  const { admit, weigh, grant, leave, position } = measured;
  const before = heapMegabytes();
  const line = await LineSimulation.begin(size);
  admit.time(size.waiting, () => {
    line.fill();
  });
  measured.heapMB = heapMegabytes() - before;
  for (let step = 0; step < mostSteps && weigh.operations < weighedGrants; step += 1)
    endAndGrant(line, measured, weigh);
  for (let step = 0; step < mostSteps && grant.operations < measuredGrants; step += 1) {
    endAndGrant(line, measured, grant);
    const leaving = new Set(Array.from({ length: 10 }, () => line.anybody()));
    leave.time(leaving.size, () => {
      for (const job of leaving) line.scheduler.withdraw(job);
    });
    line.fill();
  }
  measurePositions(line, position);
  return measured;
}

function endAndGrant(line: LineSimulation, { token }: Measured, grant: Stopwatch): void {
  const ending = line.ending();
  if (ending.length === 0) return;
  token.time(
    ending.reduce((sum, job) => sum + answerOf(job), 0),
    () => {
      for (const job of ending) line.countOutput(job);
    },
  );
  grant.time(ending.length, () => {
    for (const job of ending) line.end(job);
  });
  line.fill();
}

/** All positions, as when everybody is told where he stands. */
function measurePositions(line: LineSimulation, position: Stopwatch): void {
  const all = line.waiting.filter(({ status }) => status === 'waiting');
  position.time(all.length, () => {
    for (const job of all) line.scheduler.view(job);
  });
}

const micros = (stopwatch: Stopwatch): string => stopwatch.microsEach.toFixed(stopwatch.microsEach < 10 ? 2 : 0);

async function row(size: Size): Promise<readonly string[]> {
  const { admit, weigh, grant, token, position, leave, heapMB } = await measure(size);
  return [
    `${size.nodes} × 32`,
    size.waiting.toLocaleString('en'),
    `${size.policy}${size.isRouted ? ', nodes chosen' : ''}`,
    micros(admit),
    micros(grant),
    grant.perSecond.toFixed(0),
    micros(leave),
    micros(token),
    micros(position),
    (admit.totalMs / 1000).toFixed(2),
    (weigh.longestMs / 1000).toFixed(2),
    size.waiting < 100_000 ? '–' : heapMB.toFixed(0),
  ];
}

const header = [
  ...['slots', 'waiting', 'line', 'admit, µs', 'grant, µs', 'grants/s', 'leave, µs', 'token, µs', 'position, µs'],
  ...['all admitted, s', 'all weighed, s', 'heap, MB'],
];
const kinds: readonly Pick<Size, 'policy' | 'isRouted'>[] = [
  { policy: 'fifo', isRouted: false },
  { policy: 'fifo', isRouted: true },
  { policy: 'fair', isRouted: true },
];
const rows: (readonly string[])[] = [];
for (const kind of kinds) {
  for (const size of sizes) {
    rows.push(await row({ ...size, ...kind }));
    process.stderr.write(`${rows.at(-1)?.join(' ') ?? ''}\n`);
  }
}
console.log(markdownTable(header, rows));
