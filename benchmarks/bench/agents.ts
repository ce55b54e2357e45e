import type { CompletedRequest } from '../../src/core/bench/client/outcome.js';
import type { RunPart } from '../../src/core/bench/record/run-part.js';
import { RunRecorder } from '../../src/core/bench/record/run-recorder.js';
import { assembleRun } from '../../src/core/bench/result/assemble-run.js';
import { nothingObserved } from '../../src/core/bench/result/assemble-series.js';
import { LatencyHistogram } from '../../src/core/measurement/latency/histogram.js';
import { parseObjective } from '../../src/core/measurement/settings/objectives.js';
import { plainJob, Simulation } from '../../test/core/bench/agents/simulation.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { markdownTable } from '../support/markdown.js';

/**
 * What it costs to coordinate agents: a minute of load in virtual time over a bus in this process. The agents are those of
 * the program, but send nothing: each says that it has measured 20,000 requests in 5 minutes. All of them run in this
 * process too, so the CPU time is that of the bench and of all agents' own messages together.
 */
const objectives = ['ttft.p95<500ms', 'tpot.p99<50ms'].map(parseObjective);
const loadMs = 60_000;

function recorded(seed: number): RunRecorder {
  const random = seededRandom(seed);
  const recorder = new RunRecorder(objectives, 0, { trackedObjectives: objectives });
  for (let index = 0; index < 20_000; index += 1) {
    const intendedUs = index * 15_000;
    const firstTokenUs = intendedUs + 50_000 + Math.floor(random() * 400_000);
    const gapsUs = Array.from({ length: 15 }, () => 10_000 + Math.floor(random() * 20_000));
    const lastTokenUs = gapsUs.reduce((sum, gap) => sum + gap, firstTokenUs);
    const request: CompletedRequest = {
      ...{ status: 'completed', intendedUs, sendUs: intendedUs + 200, firstTokenUs, lastTokenUs, gapsUs },
      ...{ endUs: lastTokenUs + 500, outputTokens: 16, promptTokens: 30, tokenChunks: 16 },
      ...{ cachedTokens: null, unseenReasoning: 0, serverTimings: null, tokenCounts: null, reconnects: 0 },
    };
    recorder.begin(intendedUs);
    recorder.end(request);
  }
  return recorder;
}

const recorder = recorded(1);
const part: RunPart = {
  ...recorder.part(new LatencyHistogram()),
  ...{ extendedUs: 0, rejection: null, samplesFailure: null },
};
const snapshot = { ...recorder.snapshot, rejection: null };

async function measure(agents: number): Promise<readonly string[]> {
  const simulation = new Simulation(1);
  simulation.network.weather = { delayMs: [0.2, 2], lost: 0, repeated: 0 };
  for (let index = 0; index < agents; index += 1) simulation.agent(`agent-${index}`, { partOf: () => part, snapshot });
  const { load } = await simulation.settled(simulation.bench(agents));
  await simulation.settled(
    load.prepare({ ...plainJob, warmupMs: 0, durationMs: loadMs, trackedObjectives: objectives }),
  );
  const before = { ...simulation.network.sent };
  const cpuBefore = process.cpuUsage();
  const parts = load.start(new AbortController().signal);
  await simulation.clock.advanceAsync(loadMs - 1000);
  const cpu = process.cpuUsage(cpuBefore);
  const { sent } = simulation.network;
  const [messages, bytes] = [sent.messages - before.messages, sent.bytes - before.bytes];
  const bytesBefore = sent.bytes;
  const beganMs = performance.now();
  const measured = await simulation.settled(parts);
  const fetchedMs = performance.now();
  const run = assembleRun(measured, {
    planned: { setting: { concurrency: agents, max_concurrency: null, rate: null }, trial: 1 },
    ...{ cpuShare: 0, aggregate: null, promptCache: null, hasObjectives: true, abortedOn: null, beginUs: 0 },
    observations: nothingObserved,
  });
  const assembledMs = performance.now();
  if (run.requests.completed !== agents * 20_000) throw new Error('requests are missing');
  const spread = load.agentsOfRun?.()?.startSpreadMs ?? NaN;
  await load.close();
  const seconds = loadMs / 1000 - 1;
  return [
    String(agents),
    ((cpu.user + cpu.system) / 1e6 / seconds).toFixed(3),
    (messages / seconds).toFixed(0),
    (bytes / seconds / 1e6).toFixed(2),
    spread.toFixed(1),
    ((fetchedMs - beganMs) / 1000).toFixed(1),
    ((sent.bytes - bytesBefore) / 1e6).toFixed(1),
    ((assembledMs - fetchedMs) / 1000).toFixed(1),
  ];
}

const rows: (readonly string[])[] = [];
for (const agents of [10, 50, 200]) rows.push(await measure(agents));
const header = [
  'agents',
  'cores',
  'messages/s',
  'MB/s',
  'start spread, ms',
  'results fetched, s',
  'MB',
  'put together, s',
];
process.stdout.write(`${markdownTable(header, rows)}\n`);
