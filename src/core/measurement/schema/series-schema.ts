import { type Static, Type } from 'typebox';

const count = Type.Integer({ minimum: 0 });
const counts = Type.Array(count);
const known = Type.Array(Type.Union([Type.Number({ minimum: 0 }), Type.Null()]));

const cells = Type.Array(Type.Array(Type.Array(count, { minItems: 2, maxItems: 2 })), {
  description:
    'Per bin, of the requests that were meant to be sent in it: [cell, count] pairs. Cell i holds times above γ^(i-1) and up to γ^i microseconds, with γ = 1.02/0.98.',
});

/** A run over time. Arrays have one value per bin. */
export const seriesSchema = Type.Object(
  {
    bin_seconds: Type.Integer({ minimum: 1, description: '1 up to 5 minutes, 2 up to 10, 4 up to 20, and so on.' }),
    sent: counts,
    completed: counts,
    failed: counts,
    output_tokens: Type.Array(Type.Number({ minimum: 0 })),
    in_flight: Type.Array(Type.Number({ minimum: 0 }), { description: 'Mean number of requests in flight.' }),
    ttft: cells,
    tpot: cells,
    e2e: Type.Optional(cells),
    server: Type.Optional(
      Type.Object(
        {
          source: Type.String({ description: 'What says so, such as GET /v1/queue.' }),
          running: known,
          waiting: known,
        },
        {
          description:
            'The queues of the server, asked once to four times a second; null where it did not answer in time.',
        },
      ),
    ),
    gpus: Type.Optional(
      Type.Array(
        Type.Object({
          use_percent: known,
          memory_bytes: known,
        }),
        { description: 'As nvidia-smi says on the machine of the load generator, if the server runs there.' },
      ),
    ),
  },
  { description: 'The run in bins of time, from the end of the warm-up to the end of the last request.' },
);

export type Series = Static<typeof seriesSchema>;
