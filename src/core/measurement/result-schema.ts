import { type Static, Type } from 'typebox';
import { type PerMetric, perMetric } from './metric-names.js';
import { agentsSchema } from './schema/agents-schema.js';
import { checksSchema } from './schema/checks-schema.js';
import { executorsSchema } from './schema/executor-schema.js';
import { findMaxSchema } from './schema/find-max-schema.js';
import { tenantSchema, turnSchema } from './schema/group-schema.js';
import { type medianIntervalSchema, metricFields, metricSchema } from './schema/metric-schema.js';
import { fillingSchema, overloadSchema, undecidedSchema } from './schema/overload-schema.js';
import { planSchema } from './schema/plan-schema.js';
import { loopDelaySchema, saturationSchema } from './schema/saturation-schema.js';
import { seriesSchema } from './schema/series-schema.js';
import { apartFields } from './schema/shape-schema.js';
import { type stageFiguresSchema, stagesSchema } from './schema/stage-schema.js';

const count = Type.Integer({ minimum: 0 });
const nullableCount = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]);

const queueWaitSource = Type.Enum(['measured', 'derived', 'aggregate', 'unavailable']);

const queueWait = Type.Object({
  ...metricFields,
  source: queueWaitSource,
  buckets: Type.Optional(
    Type.Array(
      Type.Object({
        up_to_ms: Type.Union([Type.Number(), Type.Null()], { description: 'Upper bound; null is infinity.' }),
        count,
      }),
      { description: 'What the server counted in this run, per bucket of its Prometheus histogram (aggregate only).' },
    ),
  ),
});

const metrics = Type.Object({ ...perMetric(() => metricSchema), queue_wait: queueWait });

export const settingSchema = Type.Object({
  concurrency: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: 'Clients of a closed loop; null in an open loop.',
  }),
  max_concurrency: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: "What the server was set to; null for a server's own setting.",
  }),
  rate: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
    description: 'Requests per second of an open loop.',
  }),
});

const requests = Type.Object({
  completed: count,
  refused: count,
  failed: count,
  timed_out: count,
  reconnects: count,
  errors: Type.Record(Type.String(), count, { description: 'Requests without an answer, by code.' }),
  examples: Type.Record(Type.String(), Type.String(), { description: 'One message for each code.' }),
});

const rates = Type.Object({
  requests_per_second: Type.Number({ minimum: 0 }),
  output_tokens_per_second: Type.Number({ minimum: 0 }),
  input_tokens_per_second: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'Null if the server does not say how long prompts were.',
  }),
  goodput: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'Requests per second that met all objectives; null without objectives.',
  }),
  success_rate: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
});

const client = Type.Object({
  event_loop_delay_ms: loopDelaySchema,
  event_loop_delay_histogram: Type.Optional(
    Type.String({ description: 'HdrHistogram V2, compressed, base64, in microseconds.' }),
  ),
  cpu_share: Type.Number({ minimum: 0, description: 'Share of one core, per worker.' }),
  workers: Type.Integer({ minimum: 1 }),
  saturated: Type.Boolean({ description: 'The load could not be produced or measured; saturation says why.' }),
  saturation: Type.Optional(Type.Array(saturationSchema)),
});

export const promptCacheSchema = Type.Object({
  cached_tokens: count,
  prompt_tokens: count,
  share: Type.Number({ minimum: 0, maximum: 1 }),
  source: Type.Enum(['usage', 'timings', 'aggregate'], {
    description:
      'What says so: each answer, or the counters of the server, which include the warm-up and other clients.',
  }),
});

const run = Type.Object({
  settings: settingSchema,
  trial: Type.Integer({ minimum: 1 }),
  window: Type.Object({
    seconds: Type.Number({ minimum: 0, description: 'From the end of the warm-up to the last intended start.' }),
    span_seconds: Type.Number({
      minimum: 0,
      description: 'From the end of the warm-up to the last end, over which rates are computed.',
    }),
    extended_seconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'How long requests went on beyond the planned duration, so that there are enough for a median.',
      }),
    ),
    warmup_requests: count,
  }),
  requests,
  rates,
  output_tokens_source: Type.Enum(['usage', 'chunks', 'mixed', 'none']),
  content_encoding: Type.Optional(
    Type.String({ description: 'How the server compressed its streams, such as gzip; absent if it did not.' }),
  ),
  executors: Type.Optional(executorsSchema),
  metrics,
  client,
  agents: Type.Optional(agentsSchema),
  checks: checksSchema,
  ...apartFields,
  probes: Type.Optional(
    Type.Object(
      { completed: count, unanswered: count, ttft: metricSchema },
      { description: 'One-token requests beside the load, which are not part of other figures.' },
    ),
  ),
  turns: Type.Optional(
    Type.Array(turnSchema, { description: 'By turn of their conversations, if requests are part of conversations.' }),
  ),
  tenants: Type.Optional(Type.Array(tenantSchema, { description: 'By tenant, with --tenants.' })),
  stages: Type.Optional(stagesSchema),
  jain_index: Type.Optional(
    Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      description:
        "Jain's fairness index of the tenants' output tokens per second by weight: 1 if all are served equally.",
    }),
  ),
  series: Type.Optional(seriesSchema),
  overload: Type.Optional(overloadSchema),
  filling_seconds: Type.Optional(fillingSchema),
  undecided_seconds: Type.Optional(undecidedSchema),
  aborted_on: Type.Optional(
    Type.String({ description: 'Which reason of --abort-on ended this run before its time, such as overload.' }),
  ),
  discarded: Type.Optional(
    Type.Boolean({
      description:
        'True for a run that a search (--find-max) did not count, because it says more about the load generator.',
    }),
  ),
  prompt_cache: Type.Optional(
    Type.Union([promptCacheSchema, Type.Null()], {
      description: "Prompt tokens that were in the server's cache; null if the server does not say.",
    }),
  ),
});

export const targetSchema = Type.Object({
  url: Type.String(),
  server: Type.String({ description: 'Such as chatstream/0.1.0, vllm, llama-server, unknown.' }),
  model: Type.String(),
  engine: Type.Union([Type.String(), Type.Null()], {
    description: 'The device that the server computes on, such as CPU (1 thread); null if it is unknown.',
  }),
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
    description: 'How the server was started, as far as it is known.',
  }),
  started_by_bench: Type.Optional(
    Type.Boolean({ description: 'True for a server that the bench started itself, and ended afterwards.' }),
  ),
});

const usl = Type.Object({
  lambda: Type.Number(),
  sigma: Type.Number(),
  kappa: Type.Number(),
  r2: Type.Number(),
  peak: Type.Union([Type.Number(), Type.Null()], { description: 'Null if throughput only grows.' }),
});

const sweep = Type.Object({
  knee: nullableCount,
  usl: Type.Union([usl, Type.Null()]),
  recommendation: Type.Union([
    Type.Object({
      max_concurrency: nullableCount,
      concurrency: nullableCount,
      reason: Type.String(),
    }),
    Type.Null(),
  ]),
});

const machine = Type.Object({
  cpu: Type.String(),
  cores: Type.Integer({ minimum: 1 }),
  memory_bytes: Type.Integer({ minimum: 0 }),
  os: Type.String(),
  gpus: Type.Array(Type.String()),
});

export const endedEarlySchema = Type.Object(
  {
    cause: Type.Enum(['stopped', 'target-lost', 'failed'], {
      description: 'The user or --max-duration stopped it; a server no longer answered; something else failed.',
    }),
    server: Type.Union([Type.Enum(['candidate', 'baseline']), Type.Null()], {
      description: 'Which server it was; the candidate if there is only one. Null if it was none.',
    }),
    message: Type.String(),
  },
  { description: 'Why it ended before everything was measured. Such a result cannot pass a gate.' },
);

/**
 * What `bench -o result.json` writes and `compare` reads; larger parts of it are in `schema/`. The JSON Schema that ships is made
 * from this.
 */
export const resultSchema = Type.Object(
  {
    schema: Type.Literal('chatstream.bench/v1'),
    tool: Type.Object({ version: Type.String(), node: Type.String() }),
    started_at: Type.String({ description: 'ISO 8601.' }),
    finished_at: Type.String({ description: 'ISO 8601.' }),
    interrupted: Type.Boolean({ description: 'Stopped before all settings and trials were measured.' }),
    ended_early: Type.Optional(endedEarlySchema),
    command: Type.Optional(
      Type.String({ description: 'Repeats the bench in a shell; without keys, and without the files that it writes.' }),
    ),
    machine,
    target: targetSchema,
    plan: planSchema,
    runs: Type.Array(run),
    sweep,
    find_max: Type.Optional(findMaxSchema),
    warnings: Type.Array(Type.String()),
    versus: Type.Optional(
      Type.Object(
        { target: targetSchema, runs: Type.Array(run) },
        {
          description:
            'The second server of `--versus`, measured alternately with the first or, with `plan.duet`, at the same time; it is the baseline.',
        },
      ),
    ),
  },
  { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Result of chatstream bench' },
);

export type { FindMax, FindMaxBy, FindMaxPlan, FindMaxPoint } from './schema/find-max-schema.js';
export type { Overload } from './schema/overload-schema.js';
export { saturationSchema } from './schema/saturation-schema.js';
export type { Series } from './schema/series-schema.js';
export type { CancelledFigures } from './schema/shape-schema.js';
export type BenchResult = Static<typeof resultSchema>;
export type Run = Static<typeof run>;
/** Figures of the requests that were the same turn. */
export type TurnFigures = Static<typeof turnSchema>;
/** Figures of the requests that were due in a stage. */
export type StageFigures = Static<typeof stageFiguresSchema>;
/** Figures of the requests of a tenant. */
export type TenantFigures = Static<typeof tenantSchema>;
export type Setting = Static<typeof settingSchema>;
export type PromptCache = Static<typeof promptCacheSchema>;
export type RunChecks = Static<typeof checksSchema>;
export type RunMetrics = Static<typeof metrics>;
export type MedianInterval = Static<typeof medianIntervalSchema>;
export type Metric = Static<typeof metricSchema>;
export type QueueWaitMetric = Static<typeof queueWait>;
/** The figures of a metric: all of it but the encoded histogram. */
export type MetricFigures = Omit<Metric, 'histogram'>;
/** The figures of each metric. */
export type FiguresPerMetric = PerMetric<MetricFigures> & { readonly queue_wait: Omit<QueueWaitMetric, 'histogram'> };
export type QueueWaitSource = Static<typeof queueWaitSource>;
export type RequestCounts = Static<typeof requests>;
export type Rates = Static<typeof rates>;
export type ClientHealth = Static<typeof client>;
/** Why the load generator could not produce the load, or measure it. */
export type Saturation = Static<typeof saturationSchema>;
export type Sweep = Static<typeof sweep>;
export type TargetDescription = Static<typeof targetSchema>;
export type EndedEarly = Static<typeof endedEarlySchema>;
export type Machine = Static<typeof machine>;
export type Plan = Static<typeof planSchema>;
