import { type Static, type TSchema, Type } from 'typebox';
import { ChatstreamError, type ErrorCode } from '../base/errors.js';
import type { Demands, GenerationSpec, PromptSource, Round, Token } from '../engine/engine.js';
import type { TokenizeOptions } from '../engine/tokenize-options.js';
import type { QueuePolicy } from '../scheduler/fair-line.js';
import type { Demand } from '../scheduler/jobs/demand.js';
import type { WaitReason } from '../scheduler/jobs/job.js';
import { isOf } from './channel/is-of.js';

// The messages between the processes of a cluster, see docs/cluster.md. All of them have one schema version, which the
// envelopes and entries carry. Data that only passes through is checked for its kind, not in depth.

/** The purpose of channels from fronts to nodes. */
export const nodePurpose = 'node';

/** The purpose of channels from fronts to the line of a model. */
export function linePurpose(model: string): string {
  return `line ${model}`;
}

const id = Type.String();
const count = Type.Integer({ minimum: 0 });
const milliseconds = Type.Number({ minimum: 0 });
const nullable = <T extends TSchema>(shape: T): ReturnType<typeof Type.Union<[T, ReturnType<typeof Type.Null>]>> =>
  Type.Union([shape, Type.Null()]);

/** An error from another process. */
const wireError = Type.Object({
  code: Type.Unsafe<ErrorCode>(Type.String()),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
  param: Type.Optional(Type.String()),
  retryAfterSeconds: Type.Optional(Type.Number()),
});

/**
 * A request's turn in the line: the number of the lease under which it arrived, and a number that increases under that
 * lease.
 */
const turn = Type.Tuple([count, count]);

/** A request as its front registers it. */
const registration = Type.Object({
  id,
  demand: Type.Unsafe<Demand>(Type.Object({ key: Type.String(), promptTokens: count, maxTokens: count })),
  /** How long the front has had it. */
  waitedMs: milliseconds,
  /** The time that is left for its start. */
  deadlineMs: nullable(Type.Number()),
  /** Fingerprints of the beginnings of its prompt, the shortest first. */
  prefixes: Type.Array(Type.String()),
  /** The node that generates it; null while it waits. */
  node: nullable(id),
  /** Whether it has been started, and has lost its node. */
  isHomeless: Type.Boolean(),
  /** Whether it is turned away if its first token is expected after `--ttft-target`. */
  keepsToTarget: Type.Optional(Type.Boolean()),
  /** As reported by the line; null if it has not been. */
  turn: nullable(turn),
});

/** From a front to the holder of a line. */
const toLine = Type.Union([
  /** The first message: all requests that the front has. */
  Type.Object({ type: Type.Literal('all'), requests: Type.Array(registration) }),
  /** New requests: all of them are accepted, or none. */
  Type.Object({ type: Type.Literal('register'), requests: Type.Array(registration) }),
  /** It has ended, or its client has left. */
  Type.Object({ type: Type.Literal('over'), id }),
  /** Its node has failed or refused it. */
  Type.Object({ type: Type.Literal('lost'), id, node: id }),
  /** Output tokens since the last such message, and prompt tokens that were cached. */
  Type.Object({ type: Type.Literal('progress'), counts: Type.Array(Type.Tuple([id, count, nullable(count)])) }),
]);

const standing = Type.Tuple([id, count, nullable(milliseconds), Type.Unsafe<WaitReason>(Type.String())]);

/** The line as a whole. */
const lineState = Type.Object({
  running: count,
  waiting: count,
  retryAfterSeconds: Type.Number(),
});

/** From the holder of a line to a front. */
const fromLine = Type.Union([
  /** They wait, and keep these turns under the next holder. */
  Type.Object({
    type: Type.Literal('accepted'),
    turns: Type.Array(Type.Tuple([id, turn])),
    places: Type.Array(standing),
  }),
  Type.Object({
    type: Type.Literal('turned_away'),
    id,
    stage: Type.Union([Type.Literal('arrival'), Type.Literal('waiting')]),
    error: wireError,
  }),
  /** It may run on this node. `lease` is the number of the lease under which that was decided. */
  Type.Object({ type: Type.Literal('granted'), id, node: id, lease: count }),
  /** Where waiting requests stand. */
  Type.Object({ type: Type.Literal('standing'), line: lineState, places: Type.Array(standing) }),
]);

/** From a front to a node. */
const toNode = Type.Union([
  Type.Object({
    type: Type.Literal('call'),
    call: count,
    ask: Type.Union([
      Type.Object({ type: Type.Literal('describe') }),
      Type.Object({
        type: Type.Literal('prepare'),
        source: Type.Unsafe<PromptSource>(Type.Object({ type: Type.String() })),
        demands: nullable(Type.Unsafe<Demands>(Type.Object({}))),
      }),
      Type.Object({
        type: Type.Literal('tokenize'),
        text: Type.String(),
        options: nullable(Type.Unsafe<TokenizeOptions>(Type.Object({}))),
      }),
      Type.Object({ type: Type.Literal('detokenize'), tokens: Type.Array(Type.Unsafe<Token>(Type.Integer())) }),
      Type.Object({ type: Type.Literal('spell'), tokens: Type.Array(Type.Unsafe<Token>(Type.Integer())) }),
    ]),
  }),
  Type.Object({ type: Type.Literal('abandon'), call: count }),
  Type.Object({
    type: Type.Literal('generate'),
    spec: Type.Unsafe<GenerationSpec>(Type.Object({ id, prompt: Type.Array(Type.Integer()) })),
    lease: count,
    prefixes: Type.Array(Type.String()),
  }),
  Type.Object({ type: Type.Literal('cancel'), id }),
]);

/** From a node to a front. */
const fromNode = Type.Union([
  Type.Object({ type: Type.Literal('answer'), call: count, value: Type.Unknown() }),
  Type.Object({ type: Type.Literal('failure'), call: count, error: wireError }),
  /** What a round did for the generations of this front. */
  Type.Object({
    type: Type.Literal('round'),
    round: Type.Unsafe<Round>(Type.Object({ events: Type.Array(Type.Object({})) })),
  }),
  /** It does not begin: the grant is from a replaced holder, or all places are taken. */
  Type.Object({ type: Type.Literal('refused'), id, reason: Type.String() }),
]);

export const shapes = { toLine, fromLine, toNode, fromNode };

/** The description that a member writes to the bucket, repeatedly. */
const member = {
  version: Type.Integer(),
  id,
  name: Type.String(),
};
export const nodeEntry = Type.Object({
  ...member,
  model: Type.String(),
  engine: Type.String(),
  slots: count,
  running: count,
  status: Type.Union([Type.Literal('ready'), Type.Literal('down'), Type.Literal('draining')]),
  /** Fingerprints of prompts that it may still hold. */
  warm: Type.Array(Type.String()),
});
export const frontEntry = Type.Object({ ...member, running: count, waiting: count });
export const leaseEntry = Type.Object({
  version: Type.Integer(),
  /** The process that holds the line; null once it has given it up. */
  holder: nullable(id),
  /** Increases with every new holder. */
  number: count,
  /** For people. */
  running: count,
  waiting: count,
});
export const settingsEntry = Type.Object({
  version: Type.Integer(),
  /** Null for as many as the nodes have places. */
  maxConcurrency: nullable(count),
  maxQueue: count,
  queueTimeoutMs: milliseconds,
  maxQueuedTokens: nullable(count),
  ttftTargetMs: nullable(milliseconds),
  policy: Type.Unsafe<QueuePolicy>(Type.String()),
  classPatienceMs: milliseconds,
  /** Null if keys make no difference. */
  keys: nullable(
    Type.Object({
      terms: Type.Array(Type.Tuple([Type.String(), keyTerms()])),
      classReserves: Type.Array(Type.Tuple([Type.String(), count])),
    }),
  ),
});
export const servicesEntry = Type.Object({
  version: Type.Integer(),
  services: Type.Record(Type.String(), Type.Array(Type.Number())),
});

function keyTerms() {
  return Type.Object({
    share: Type.Number(),
    maxRunning: nullable(count),
    maxWaiting: nullable(count),
    reserve: Type.Optional(count),
  });
}

export type Turn = Static<typeof turn>;
export type Registration = Static<typeof registration>;
export type ToLine = Static<typeof toLine>;
export type FromLine = Static<typeof fromLine>;
export type LineState = Static<typeof lineState>;
export type Standing = Static<typeof standing>;
export type ToNode = Static<typeof toNode>;
export type NodeCall = Extract<ToNode, { type: 'call' }>['ask'];
export type FromNode = Static<typeof fromNode>;
export type NodeEntry = Static<typeof nodeEntry>;
export type FrontEntry = Static<typeof frontEntry>;
export type LeaseEntry = Static<typeof leaseEntry>;
export type SettingsEntry = Static<typeof settingsEntry>;
export type WireError = Static<typeof wireError>;

/** Passes on values of a shape; anything else is not one of our messages. */
export function reading<T extends TSchema>(shape: T, take: (message: Static<T>) => void): (value: unknown) => void {
  return (value) => {
    if (isOf(shape, value)) take(value);
  };
}

export function toWireError({ code, message, hint, param, retryAfterSeconds }: ChatstreamError): WireError {
  return {
    ...{ code, message },
    ...(hint !== undefined && { hint }),
    ...(param !== undefined && { param }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

export function fromWireError({ code, message, ...details }: WireError): ChatstreamError {
  return new ChatstreamError(code, message, details);
}
