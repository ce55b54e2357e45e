import { type Static, Type } from 'typebox';

const slope = Type.Object({ slope: Type.Number(), lower: Type.Number(), upper: Type.Number() });

/** That an open loop was more than the server could follow. */
export const overloadSchema = Type.Object(
  {
    in_flight_per_second: slope,
    ttft_ms_per_second: slope,
  },
  {
    description:
      'Both rose through the whole run: the queue grew without end, so latencies depend on how long was measured. Slopes are robust (Theil and Sen), with 95 % intervals.',
  },
);

export type Overload = Static<typeof overloadSchema>;
