import { Type } from 'typebox';
import { findMaxPlanSchema } from './find-max-schema.js';
import { shapeFields } from './shape-schema.js';

const lengths = Type.Union([Type.Integer({ minimum: 1 }), Type.String()]);

/** Every option that shapes the load. Two results are comparable if theirs are equal. */
export const planSchema = Type.Object({
  loop: Type.Enum(['closed', 'open']),
  concurrency: Type.Array(Type.Integer({ minimum: 1 })),
  max_concurrency: Type.Union([Type.Array(Type.Integer({ minimum: 1 })), Type.Null()]),
  rate: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]),
  rates: Type.Optional(
    Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
      description: 'Several rates, one after the other; rate is null then.',
    }),
  ),
  arrival: Type.Union([Type.Enum(['poisson', 'constant', 'burst', 'gamma']), Type.Null()]),
  ...shapeFields,
  duration_ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  requests: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
  warmup_ms: Type.Number({ minimum: 0 }),
  trials: Type.Integer({ minimum: 1, description: 'The maximum, if trials_least is present.' }),
  trials_least: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Trials were added, from this number on, until the gate could decide.' }),
  ),
  duet: Type.Optional(
    Type.Boolean({
      description: 'Both servers were measured at the same time. Absent: in turns, or there was only one.',
    }),
  ),
  workload: Type.String({ description: 'synthetic, or the name and digest of the prompts file.' }),
  input_tokens: Type.Union([lengths, Type.Null()]),
  output_tokens: lengths,
  ignore_eos: Type.Boolean(),
  shared_prefix_tokens: Type.Integer({ minimum: 0 }),
  turns: Type.Optional(
    Type.String({
      description: "Messages of the user in a synthetic conversation; each carries the server's answers.",
    }),
  ),
  think_time: Type.Optional(
    Type.String({ description: 'How long a client waits before its next message, such as 2s±1s.' }),
  ),
  live_answers: Type.Optional(
    Type.Boolean({ description: "Whether later turns carry the server's own answers, and not those of a file." }),
  ),
  tenants: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        clients: Type.Optional(Type.Integer({ minimum: 1 })),
        share: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
        weight: Type.Number({ exclusiveMinimum: 0 }),
        priority: Type.Optional(Type.Union([Type.String(), Type.Number()])),
        workload: Type.String({ description: 'synthetic, or the name of the prompts file.' }),
        input_tokens: Type.Optional(Type.String()),
        output_tokens: Type.String(),
        shared_prefix_tokens: Type.Integer({ minimum: 0 }),
        turns: Type.Optional(Type.String()),
        think_time: Type.Optional(Type.String()),
        live_answers: Type.Optional(Type.Boolean()),
      }),
      { description: 'Those who load the server together. Their keys are not kept.' },
    ),
  ),
  trace: Type.Optional(
    Type.Object(
      {
        format: Type.Enum(['mooncake', 'azure', 'burstgpt']),
        rows: Type.Integer({ minimum: 1 }),
        seconds: Type.Number({ minimum: 0, description: 'From the first row to the last, in the time of the trace.' }),
        speed: Type.Number({ exclusiveMinimum: 0, description: '2: replayed in half of the time.' }),
        session_rows: Type.Enum(['cumulative', 'deltas', 'mixed', 'none'], {
          description:
            'What rows of a session have: the whole conversation so far; only what is new; some this, some that (each was taken for a whole prompt); no session has several rows.',
        }),
      },
      { description: 'Requests and their times come from a trace; rate is the mean rate then.' },
    ),
  ),
  seed: Type.Integer(),
  prompt_salt: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Changes the words of synthetic prompts only; 0 with --seed.' }),
  ),
  timeout_ms: Type.Number({ minimum: 0 }),
  endpoint: Type.String({ description: 'Route of the requests, such as /v1/chat/completions.' }),
  streaming: Type.Optional(
    Type.Boolean({ description: 'false: answers came as a whole, so nothing is known of their tokens. Absent: true.' }),
  ),
  extra_body: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  no_param: Type.Optional(Type.Array(Type.String(), { description: 'Parameters that were left out of the requests.' })),
  slo: Type.Array(Type.String()),
  least_requests: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'Completed requests per setting, over all trials, for which runs continue beyond duration_ms.',
    }),
  ),
  find_max: Type.Optional(findMaxPlanSchema),
  abort_on: Type.Optional(Type.Array(Type.String(), { description: 'What ends a run before its time.' })),
  longest_ms: Type.Optional(Type.Number({ minimum: 0, description: 'Longest time that an extended run may take.' })),
});
