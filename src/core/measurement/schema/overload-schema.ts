import { type Static, Type } from 'typebox';

const slope = Type.Object({ slope: Type.Number(), lower: Type.Number(), upper: Type.Number() });

/** Says that an open loop was more than the server could follow. */
export const overloadSchema = Type.Object(
  {
    in_flight_per_second: slope,
    ttft_ms_per_second: slope,
  },
  {
    description:
      'Both rose all the time after the load had filled up: the queue grew without end, so latencies depend on how long was measured. Slopes are robust (Theil and Sen), with 95 % intervals.',
  },
);

/** That nothing can be said about it. */
export const fillingSchema = Type.Number({
  exclusiveMinimum: 0,
  description:
    'Requests in flight and TTFT rose, but whether the queue grew without end cannot be told: an open loop with such answers takes this long to fill up, and too little of the run came after that.',
});

/** That more has to be measured for it. */
export const undecidedSchema = Type.Number({
  exclusiveMinimum: 0,
  description:
    'Requests in flight and TTFT rose, but whether the queue grew without end cannot be told: so few requests can make a queue grow by chance. A run of this many seconds is expected to tell.',
});

export type Overload = Static<typeof overloadSchema>;
