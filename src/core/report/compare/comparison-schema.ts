import { Type } from 'typebox';
import { settingSchema, targetSchema } from '../../measurement/result-schema.js';

const trials = Type.Integer({ minimum: 0 });
const nullableNumber = Type.Union([Type.Number(), Type.Null()]);
const nullableString = Type.Union([Type.String(), Type.Null()]);

const side = Type.Object({
  name: Type.String({ description: 'The file it was read from, or the name that the bench gives it.' }),
  target: targetSchema,
  started_at: Type.String({ description: 'ISO 8601.' }),
  tool_version: Type.String(),
  interrupted: Type.Boolean({ description: 'Ended before all settings and trials were measured.' }),
  ended_early: Type.Union(
    [Type.Object({ cause: Type.Enum(['stopped', 'target-lost', 'failed']), message: Type.String() }), Type.Null()],
    { description: 'Why; such a side cannot pass, and a candidate that was lost is a regression.' },
  ),
});

const row = Type.Object({
  settings: settingSchema,
  metric: Type.String({
    description: 'Such as ttft.p95, a rate such as output_tokens_per_second, or find_max, the limit of a search.',
  }),
  unit: Type.Enum(['ms', 'per_second', 'share', 'count']),
  baseline: nullableNumber,
  candidate: nullableNumber,
  trials: Type.Object({ baseline: trials, candidate: trials }),
  ratio: Type.Union([Type.Number(), Type.Null()], { description: 'Candidate ÷ baseline.' }),
  interval: Type.Union([Type.Object({ lower: Type.Number(), upper: nullableNumber }), Type.Null()], {
    description: '95 % confidence interval of the ratio; an upper end of null is infinity.',
  }),
  threshold: Type.Union([Type.String(), Type.Null()], {
    description: 'As given to --fail-on; null for a figure that is shown and not judged.',
  }),
  limit: Type.Union([Type.Number(), Type.Null()], { description: 'The threshold as a ratio.' }),
  verdict: Type.Union([Type.Enum(['regression', 'inconclusive', 'pass', 'improvement']), Type.Null()], {
    description: 'Null without a threshold.',
  }),
  tendency: Type.Union([Type.Enum(['worse', 'better', 'unclear']), Type.Null()], {
    description: 'Where the interval lies; null with a threshold.',
  }),
  reason: Type.Union([Type.Enum(['too-few-trials', 'saturated-client', 'too-wide', 'not-measured']), Type.Null()], {
    description: 'Why it is inconclusive.',
  }),
  explanation: nullableString,
});

/**
 * What `compare --json` prints and `compare -o comparison.json` writes. The JSON Schema that ships is made from this.
 */
export const comparisonSchema = Type.Object(
  {
    schema: Type.Literal('chatstream.compare/v1'),
    verdict: Type.Enum(['regression', 'inconclusive', 'pass', 'none'], {
      description:
        'The worst of all rows with a threshold; none without thresholds. If nothing was compared, it is inconclusive.',
    }),
    message: Type.String({ description: 'The verdict and what to do about it, for people.' }),
    interleaved: Type.Boolean({
      description: 'Both were measured in one run, alternately or at the same time, and trials are compared in pairs.',
    }),
    baseline: side,
    candidate: side,
    allowed_differences: Type.Array(
      Type.Object({ field: Type.String(), baseline: Type.String(), candidate: Type.String() }),
    ),
    unmatched_settings: Type.Object({
      baseline: Type.Array(settingSchema),
      candidate: Type.Array(settingSchema),
    }),
    notes: Type.Array(Type.String()),
    rows: Type.Array(row, { description: 'Worst first, those with a threshold before those without.' }),
  },
  { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Comparison of chatstream compare' },
);
