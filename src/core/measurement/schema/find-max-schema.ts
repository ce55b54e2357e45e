import { type Static, Type } from 'typebox';

const load = Type.Number({ exclusiveMinimum: 0 });
const nullableLoad = Type.Union([load, Type.Null()]);
const nullableMs = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);
const share = Type.Number({ minimum: 0, maximum: 1 });

const by = Type.Enum(['rate', 'concurrency', 'max-concurrency'], {
  description: 'Requests per second, clients, or the setting of the server.',
});

/** What was searched for, as part of the plan. */
export const findMaxPlanSchema = Type.Object({
  promises: Type.Array(Type.String()),
  by,
  precision: Type.Number({ exclusiveMinimum: 0 }),
  start: load,
});

const objectiveAtLoad = Type.Object({
  promise: Type.String({ description: 'Such as ttft.p95<500ms.' }),
  value_ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'The percentile among all requests, those without an answer being the slowest; null if it is unknown.',
  }),
  value_lower_ms: nullableMs,
  value_upper_ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'Null while too few independent requests were measured to say how high the percentile may be.',
  }),
  missed_share: Type.Union([share, Type.Null()], { description: 'Of the requests; null without any to judge by.' }),
  missed_lower: Type.Union([share, Type.Null()]),
  missed_upper: Type.Union([share, Type.Null()]),
});

const point = Type.Object({
  load,
  measurements: Type.Integer({ minimum: 1 }),
  requests: Type.Integer({ minimum: 0, description: 'With and without an answer.' }),
  verdict: Type.Enum(['holds', 'breaks', 'unclear'], {
    description:
      'unclear: the interval of an objective contains its limit, or it was measured too briefly to tell whether the server can follow.',
  }),
  overloaded: Type.Boolean({ description: 'The queue grew without end.' }),
  promises: Type.Array(objectiveAtLoad),
});

/** The answer of `--find-max`. All intervals are of 95 %. */
export const findMaxSchema = Type.Object(
  {
    by,
    status: Type.Enum(['found', 'all-hold', 'none-hold', 'unjudged', 'nothing-measured'], {
      description:
        'all-hold: at the highest load that was measured; none-hold: not even at the lowest, or, by max-concurrency, at none; ' +
        'unjudged: no answer has a value for some objective, such as a queue wait that the server does not report.',
    }),
    finished: Type.Boolean({
      description: 'False if the search ended before more measurements would have been in vain.',
    }),
    client_full: Type.Optional(
      Type.Boolean({
        description: 'The search ended because the load generator could not send more. Missing in older results.',
      }),
    ),
    load: Type.Union([load, Type.Null()], { description: 'The highest load at which all objectives hold.' }),
    lower: nullableLoad,
    upper: nullableLoad,
    holds_from: Type.Optional(
      Type.Union([load, Type.Null()], {
        description:
          'The lowest load of those up to `load` at which all objectives hold, if one is missed below it too; otherwise null. Missing in older results.',
      }),
    ),
    next_to_break: Type.Union([Type.String(), Type.Null()], {
      description: 'The objective that is missed first above it, or overload if only the queue grows without end.',
    }),
    contradictions: Type.Array(load, {
      description: 'Loads that contradict their neighbours: there is then no single limit.',
    }),
    points: Type.Array(point, { description: 'In rising order of load.' }),
  },
  { description: 'The highest load at which all objectives hold.' },
);

export type FindMaxBy = Static<typeof by>;
export type FindMaxPlan = Static<typeof findMaxPlanSchema>;
export type FindMax = Static<typeof findMaxSchema>;
export type FindMaxPoint = Static<typeof point>;
