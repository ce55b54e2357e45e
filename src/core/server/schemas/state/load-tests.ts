import { type Static, Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const milliseconds = Type.Number({ minimum: 0 });
const unknownYet = { description: 'Null as long as it is not known.' };

const plan = {
  clients: Type.Integer({ minimum: 1, maximum: 64, description: 'Each has one request in flight.' }),
  duration_s: Type.Integer({
    minimum: 1,
    maximum: 120,
    description: 'How long requests are sent, after a warm-up of 1 s.',
  }),
  output_tokens: Type.Integer({ minimum: 1, maximum: 1024, description: 'Of each request.' }),
};

export const loadRequest = Type.Object(
  {
    ...plan,
    model: Type.Optional(
      Type.String({ description: 'Which of several models is asked; if left out, the first in /v1/models.' }),
    ),
  },
  { additionalProperties: false },
);

const figures = Type.Object({
  phase: Type.Enum(['warm-up', 'measuring', 'extending', 'finishing'], {
    description: 'finishing: no more requests are sent, and the last answers are waited for.',
  }),
  elapsed_ms: milliseconds,
  planned_ms: Type.Union([milliseconds, Type.Null()], unknownYet),
  completed: count,
  in_flight: count,
  failed: Type.Integer({ minimum: 0, description: 'Refused, failed and timed out together.' }),
  output_tokens_per_second: Type.Number(),
  ttft_ms: Type.Object({
    p50: Type.Union([milliseconds, Type.Null()], unknownYet),
    p95: Type.Union([milliseconds, Type.Null()], unknownYet),
  }),
});

const started = {
  object: Type.Literal('load_test'),
  ...plan,
  model: Type.Union([Type.String(), Type.Null()], { description: 'Null if none was named.' }),
  started_at_ms: Type.Integer({ description: "The server's clock: Unix time in milliseconds." }),
  figures: Type.Union([figures, Type.Null()], unknownYet),
};

export const loadTest = Type.Union([
  Type.Object({ object: Type.Literal('load_test'), status: Type.Literal('none') }),
  Type.Object({ ...started, status: Type.Enum(['running', 'stopping']) }),
  Type.Object({
    ...started,
    status: Type.Enum(['completed', 'stopped', 'failed']),
    problem: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed.' }),
    report: Type.Union([Type.String(), Type.Null()], {
      description:
        'The path of the report, a page that is shown without a key and cannot be guessed; null if nothing was measured.',
    }),
  }),
]);

export type WireLoadTest = Static<typeof loadTest>;
