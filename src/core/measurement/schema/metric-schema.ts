import { Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const nullableNumber = Type.Union([Type.Number(), Type.Null()]);

export const medianIntervalSchema = Type.Object(
  { lower: Type.Number(), upper: Type.Number(), coverage: Type.Number({ minimum: 0, maximum: 1 }) },
  {
    description:
      'Given for 5 to 19 samples: p50 is a rough figure, which lies in this interval with a probability of coverage.',
  },
);

/** Percentiles are null with fewer than 10 samples above them; p50 only with fewer than 5 samples. */
export const metricFields = {
  unit: Type.Literal('ms'),
  count,
  mean: nullableNumber,
  stddev: nullableNumber,
  min: nullableNumber,
  max: nullableNumber,
  p50: nullableNumber,
  p50_interval: Type.Optional(medianIntervalSchema),
  p90: nullableNumber,
  p95: nullableNumber,
  p99: nullableNumber,
  p99_9: nullableNumber,
  histogram: Type.Union([Type.String(), Type.Null()], {
    description: 'HdrHistogram V2, compressed, base64, in microseconds; null without samples of single requests.',
  }),
};

/** A latency. */
export const metricSchema = Type.Object(metricFields);
