import { Type } from 'typebox';
import { groupFields } from './group-schema.js';
import { overloadSchema } from './overload-schema.js';

const number = Type.Number({ minimum: 0 });

/** The requests of a run that should have been sent in a stage. */
export const stageFiguresSchema = Type.Object({
  from_rate: number,
  to_rate: number,
  from_seconds: Type.Number({ minimum: 0, description: 'Since the end of the warm-up.' }),
  to_seconds: number,
  requests_per_second: Type.Number({
    minimum: 0,
    description: 'Answered in the time of the stage, whenever they were sent.',
  }),
  output_tokens_per_second: Type.Number({ minimum: 0, description: 'Arrived in the time of the stage.' }),
  ...groupFields,
  overload: Type.Optional(overloadSchema),
});

export const stagesSchema = Type.Array(stageFiguresSchema, {
  description: 'By stage, with --stages; by quarter, with --ramp. Requests are in the stage in which they were due.',
});
