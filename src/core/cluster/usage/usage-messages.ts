import { type Static, Type } from 'typebox';

// The messages in which the fronts of a cluster tell each other what keys have used.

/** The subject on which all fronts receive them. */
export const usageSubject = 'chatstream.cluster.usage';

const id = Type.String();
const count = Type.Integer({ minimum: 0 });
const milliseconds = Type.Number({ minimum: 0 });

const usage = {
  requests: Type.Object({ completed: count, cancelled: count, refused: count, timed_out: count, failed: count }),
  promptTokens: count,
  cachedTokens: count,
  outputTokens: count,
  queueMs: milliseconds,
};

/** Everything that a key has used at a front in one hour of the clock. */
const used = Type.Object({
  key: Type.String(),
  startMs: milliseconds,
  ...usage,
  models: Type.Array(Type.Object({ model: Type.String(), ...usage })),
});

/** What was taken from the limits of a key or an address. */
const spending = Type.Object({ payer: Type.String(), requests: count, tokens: count });

const limit = Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()]);

/** What is missing in the buckets of a key or an address. */
const shortage = Type.Object({
  payer: Type.String(),
  requests: Type.Number({ minimum: 0 }),
  tokens: Type.Number({ minimum: 0 }),
  daily: Type.Number({ minimum: 0 }),
  /** The limits of the sender. */
  of: Type.Optional(Type.Object({ requests: limit, tokens: limit, daily: limit })),
});

export const usageMessage = Type.Union([
  /**
   * What has changed at a front since its previous news. `number` counts those that contain something, from 1; one that
   * contains nothing has the number of the last one that did, or 0.
   */
  Type.Object({
    type: Type.Literal('news'),
    from: id,
    number: count,
    spent: Type.Array(spending),
    used: Type.Array(used),
  }),
  /** A front has missed news, or is new. Sent to one front, or to all. */
  Type.Object({ type: Type.Literal('ask'), from: id, to: Type.Union([id, Type.Null()]) }),
  /**
   * A part of the answer: all hours that the front stores, and what is missing in its buckets. `number` is that of its
   * last news.
   */
  Type.Object({
    type: Type.Literal('history'),
    from: id,
    to: id,
    number: count,
    shortages: Type.Array(shortage),
    used: Type.Array(used),
  }),
]);

export type UsageMessage = Static<typeof usageMessage>;
export type WireUsed = Static<typeof used>;
