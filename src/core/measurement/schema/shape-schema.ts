import { type Static, Type } from 'typebox';

const rate = Type.Number({ minimum: 0 });

/** A piece of a schedule. */
const stageSchema = Type.Object({
  from_rate: rate,
  to_rate: rate,
  duration_ms: Type.Number({ exclusiveMinimum: 0 }),
});

/** What a plan says about the shape of the load, if it is unusual. */
export const shapeFields = {
  arrival_cv: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      description: 'Standard deviation of the gaps between requests over their mean; only with gamma arrivals.',
    }),
  ),
  stages: Type.Optional(
    Type.Array(stageSchema, {
      description: 'A rate that changes, in requests per second. The rate of settings is its mean then.',
    }),
  ),
  max_in_flight: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Most requests of an open loop that were in flight at the same time.' }),
  ),
  cancel: Type.Optional(Type.String({ description: 'Which clients left, and when, such as 10%@1s.' })),
  probe_rate: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, description: 'One-token requests per second beside the load.' }),
  ),
};

const count = Type.Integer({ minimum: 0 });

const heldBack = Type.Object(
  {
    requests: count,
    mean_ms: Type.Number({ minimum: 0, description: 'Over all completed requests. It is part of client_wait.' }),
    max_ms: Type.Number({ minimum: 0 }),
  },
  { description: 'Requests that were due while max_in_flight others were in flight, and were sent later.' },
);

const cancelled = Type.Object(
  { requests: count, left: count, left_before_first_token: count, answered: count, unanswered: count },
  {
    description:
      'Requests whose clients were chosen to leave. They left, got their answer in time, or got none; they are not part of other figures.',
  },
);

/** What a run reports separately from its other figures. */
export const apartFields = { held_back: Type.Optional(heldBack), cancelled: Type.Optional(cancelled) };

export type CancelledFigures = Static<typeof cancelled>;
