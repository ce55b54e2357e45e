import { Type } from 'typebox';
import { loopDelaySchema, saturationSchema } from './saturation-schema.js';

const count = Type.Integer({ minimum: 0 });

const agent = Type.Object({
  name: Type.String(),
  status: Type.Enum(['finished', 'late', 'lost'], {
    description: 'It may have begun after the others; it was lost, and its part of the load with it.',
  }),
  problem: Type.Optional(Type.String({ description: 'What went wrong, after "agent NAME".' })),
  started_after_ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'At most how long after the start was released it began; null if that is not known.',
  }),
  workers: count,
  completed: count,
  cpu_share: Type.Number({ minimum: 0, description: 'Share of one core, per worker.' }),
  event_loop_delay_ms: loopDelaySchema,
  saturation: Type.Array(saturationSchema),
});

/** The machines that sent the load of a run together, with `--agents`. */
export const agentsSchema = Type.Object(
  {
    start_spread_ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
      description: 'At most how far apart they began; null if that is not known.',
    }),
    members: Type.Array(agent),
  },
  { description: 'The machines that sent the load together, with --agents.' },
);
