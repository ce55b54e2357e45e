import { describe, expect, it } from 'vitest';
import { decodeJob, decodeParts, encodeJob, encodeParts } from '../../../../src/core/bench/agents/job-code.js';
import type { CompletedRequest } from '../../../../src/core/bench/client/outcome.js';
import { type LoadJob, type LoadShape, partOf } from '../../../../src/core/bench/load/job/load-job.js';
import type { TenantLoad } from '../../../../src/core/bench/load/job/tenant-load.js';
import { scheduleOf } from '../../../../src/core/bench/load/loops/arrivals.js';
import { suppliesOf } from '../../../../src/core/bench/load/supply/tenant-supplies.js';
import { TurnsInOrder } from '../../../../src/core/bench/load/supply/turns-in-order.js';
import { parseStages } from '../../../../src/core/bench/plan/stages.js';
import type { RunPart } from '../../../../src/core/bench/record/run-part.js';
import { RunRecorder } from '../../../../src/core/bench/record/run-recorder.js';
import { assembleRun } from '../../../../src/core/bench/result/assemble-run.js';
import { requestBody } from '../../../../src/core/bench/workload/request-body.js';
import { createWorkload, type Turn } from '../../../../src/core/bench/workload/workload.js';
import { type HistogramCell, LatencyHistogram } from '../../../../src/core/measurement/latency/histogram.js';
import { metricNames } from '../../../../src/core/measurement/metric-names.js';
import type { Metric, Run } from '../../../../src/core/measurement/result-schema.js';
import { singleRequests } from '../../../../src/core/measurement/workload/conversation-shape.js';
import type { AnswerForm, Endpoint } from '../../../../src/core/measurement/workload/endpoints.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';
import { seededRandom } from '../../../support/seeded-random.js';
import { contextOf } from '../result/parts.js';
import { plainJob } from './simulation.js';

/** The jobs of all threads of all agents, each as it arrives there. */
function jobsOf(job: LoadJob, agents: number, threads: number): readonly LoadJob[] {
  return Array.from({ length: agents }, (_, agent) => decodeJob(encodeJob(partOf(job, agent, agents)))).flatMap((own) =>
    Array.from({ length: threads }, (_, thread) => partOf(own, thread, threads)),
  );
}

function tenant(name: string, share: number): TenantLoad {
  return {
    tenant: {
      ...{ name, portion: { type: 'share', share }, weight: 1, priority: null, sharedPrefixTokens: 0 },
      ...{ prompts: { type: 'synthetic', inputTokens: parseLengths('4') }, outputTokens: parseLengths('4') },
      conversations: singleRequests,
    },
    ...{ client: plainJob.client, workload: plainJob.workload, body: plainJob.body },
  };
}

const chats: LoadJob['workload'] = {
  ...{ type: 'prompts', seed: 1, salt: 0, sharedPrefixTokens: 0, scale: { perWord: 1, overhead: 0 } },
  outputTokens: parseLengths('3-9'),
  conversations: [1, 3, 2].map((turns, chat) =>
    Array.from({ length: turns }, (_, turn) => [{ role: 'user', content: `${chat}.${turn}` }]),
  ),
};
const tenants = [tenant('anna', 1), tenant('ben', 2)];
const open = { type: 'open', rate: 10, arrival: 'poisson', seed: 1 } as const satisfies LoadShape;

const openJobs: readonly (readonly [string, LoadJob])[] = [
  ['poisson', { ...plainJob, shape: open }],
  ['a number of requests', { ...plainJob, shape: open, durationMs: null, requests: 12 }],
  ['gamma', { ...plainJob, shape: { ...open, arrival: { type: 'gamma', cv: 2 } } }],
  ['stages', { ...plainJob, shape: { ...open, arrival: 'constant', stages: parseStages('2@1s,8@1s') } }],
  ['a trace', { ...plainJob, shape: { ...open, times: [0, 0.4, 0.5, 0.5, 1.2] } }],
  ['chats of a file', { ...plainJob, workload: chats, shape: open }],
  ['tenants', { ...plainJob, tenants, shape: open }],
  ['whole answers', asksFor('responses', false)],
  ['embeddings', asksFor('embeddings', false)],
];

function asksFor(endpoint: Endpoint, streaming: boolean): LoadJob {
  const form: AnswerForm = { endpoint, streaming };
  const { client, body } = plainJob;
  return { ...plainJob, shape: open, client: { ...client, form }, body: { ...body, form } };
}

/** What one thread sends in an open loop, and when, in microseconds from the start. */
function openLoopOf(job: LoadJob): readonly string[] {
  if (job.shape.type === 'closed') throw new Error('not an open loop');
  const inOrder = new TurnsInOrder(createWorkload(job.workload), job.run);
  const { arrival } = suppliesOf(job);
  const sent: string[] = [];
  for (const { index, dueUs } of scheduleOf(job.shape, job)) {
    if (job.requests === null && index >= 40) break;
    const turns = arrival === null ? [inOrder.at(index)] : arrival(index);
    for (const turn of turns)
      sent.push(`${String(index).padStart(4)} ${dueUs} ${turn.tenant ?? ''} ${formOf(job)} ${bodyOf(job, turn)}`);
  }
  return sent;
}

/** What is expected of the answers. */
function formOf({ client }: LoadJob): string {
  return JSON.stringify(client.form);
}

function bodyOf(job: LoadJob, turn: Turn): string {
  return requestBody(turn, job.body);
}

describe('all agents together send what one machine would', () => {
  it.each(openJobs)('with the same bodies at the same intended times: %s', (_, job) => {
    const alone = openLoopOf(job).toSorted();
    expect(alone.length).toBeGreaterThan(4);
    for (const [agents, threads] of [
      [3, 1],
      [3, 2],
      [7, 1],
    ] as const) {
      expect(jobsOf(job, agents, threads).flatMap(openLoopOf).toSorted()).toEqual(alone);
    }
  });

  it('with the same clients, requests and conversations in a closed loop', () => {
    const shape: LoadShape = { type: 'closed', clients: 10, tenants: [0, 1, 1, 0, 1, 1, 0, 1, 1, 0] };
    const job: LoadJob = { ...plainJob, tenants, shape, durationMs: null, requests: 25 };
    const parts = jobsOf(job, 3, 2);
    const shapes = parts.map((part) => part.shape as Extract<LoadShape, { type: 'closed' }>);
    expect(shapes.reduce((sum, { clients }) => sum + clients, 0)).toBe(10);
    expect(shapes.map(({ tenants: own = [], clients }) => own.length - clients)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(shapes.flatMap(({ tenants: own = [] }) => own).toSorted()).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    expect(parts.reduce((sum, { requests }) => sum + (requests ?? 0), 0)).toBe(25);
    const first = (part: LoadJob, count: number): readonly string[] => {
      const supplies = suppliesOf(part);
      return Array.from({ length: count }, () =>
        supplies
          .conversation(1)
          .map((turn) => bodyOf(part, turn))
          .join(),
      );
    };
    expect(parts.flatMap((part) => first(part, 4)).toSorted()).toEqual(first(job, 24).toSorted());
  });
});

const random = seededRandom(5);
const answered = Array.from({ length: 400 }, (_, index): CompletedRequest => {
  const intendedUs = 1_000_000 + index * 20_000;
  const sendUs = intendedUs + Math.floor(random() * 3000);
  const firstTokenUs = sendUs + 40_000 + Math.floor(random() * 900_000);
  const gapsUs = Array.from({ length: 15 }, () => 10_000 + Math.floor(random() * 20_000));
  const lastTokenUs = gapsUs.reduce((sum, gap) => sum + gap, firstTokenUs);
  return {
    ...{ status: 'completed', intendedUs, sendUs, firstTokenUs, lastTokenUs, gapsUs, reconnects: 0, tokenChunks: 16 },
    ...{ endUs: lastTokenUs + 500, outputTokens: 16, promptTokens: 30 },
    ...{ cachedTokens: null, unseenReasoning: 0, serverTimings: null, tokenCounts: null },
    ...{ executor: `replica-${index % 2}` },
  };
});
/** The same as answers that came as a whole. */
const answeredAsAWhole = answered.map((request): CompletedRequest => {
  return { ...request, isWhole: true, firstTokenUs: request.lastTokenUs, tokenChunks: 1, gapsUs: [] };
});
const stages = parseStages('50@3s,50@2s,50@3s');

/** What one machine records of requests, if its clock shows so much more than the others'. */
function recordedBy(requests: readonly CompletedRequest[], aheadUs: number): RunPart {
  const stagesMs = stages.map(({ durationMs }) => durationMs);
  const recorder = new RunRecorder([], 1_000_000 + aheadUs, { stagesMs });
  for (const request of requests) {
    const moved = (us: number): number => us + aheadUs;
    recorder.begin(moved(request.intendedUs));
    recorder.end({
      ...request,
      ...{ intendedUs: moved(request.intendedUs), sendUs: moved(request.sendUs), endUs: moved(request.endUs) },
      ...{ firstTokenUs: moved(request.firstTokenUs), lastTokenUs: moved(request.lastTokenUs) },
    });
  }
  return { ...recorder.part(new LatencyHistogram()), extendedUs: 0, rejection: null, samplesFailure: null };
}

it.each([
  ['streams', answered],
  ['whole answers', answeredAsAWhole],
])('what agents have measured is put together exactly, though their clocks do not agree: %s', (_, requests) => {
  const context = contextOf({ beginUs: 1_000_000, isSteady: false, stages });
  const alone = assembleRun([recordedBy(requests, 0)], context);
  const clocksUs = [0, 86_400_000_000, -500_000];
  const parts = clocksUs.map((aheadUs, agent) => {
    const own = requests.filter((_, index) => index % 3 === agent);
    // Each says what it has measured in times since it began, at 0.
    return decodeParts(encodeParts([recordedBy(own, aheadUs)], aheadUs), 0);
  });
  const together = assembleRun(parts.flat(), context);
  expect(alone.metrics.e2e.count).toBe(400);
  expect(alone.executors?.map(({ completed }) => completed)).toEqual([200, 200]);
  expect(alone.stages?.map(({ completed }) => completed)).toEqual([150, 100, 150]);
  for (const name of ['requests', 'rates', 'window', 'executors', 'series', 'checks'] as const) {
    expect(together[name]).toEqual(alone[name]);
  }
  for (const name of metricNames) expect(decoded(together.metrics[name])).toEqual(decoded(alone.metrics[name]));
  expect(stagesOf(together)).toEqual(stagesOf(alone));
});

function stagesOf({ stages: all = [] }: Run): readonly object[] {
  return all.map((stage) => {
    // Parts of a request are added up in another order, which rounds differently.
    const rates = [stage.requests_per_second, stage.output_tokens_per_second].map((rate) => rate.toFixed(6));
    const [requests_per_second, output_tokens_per_second] = rates;
    const counted = { ...stage, requests_per_second, output_tokens_per_second };
    return { ...counted, ttft: decoded(stage.ttft), tpot: decoded(stage.tpot), e2e: decoded(stage.e2e) };
  });
}

/** The same counts may be encoded in several ways. */
function decoded({ histogram, ...figures }: Metric): object {
  return { ...figures, cells: cellsOf(histogram) };
}

function cellsOf(histogram: string | null): readonly HistogramCell[] {
  return histogram === null ? [] : LatencyHistogram.decode(histogram).cells();
}
