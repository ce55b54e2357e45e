import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { isRecord, member } from '../../base/json.js';
import type { RunSnapshot } from '../record/run-recorder.js';

/**
 * Version of all messages, and of the contents of the pieces. Every change of a shape, also of a load or a result,
 * increases it.
 */
export const messageVersion = 4;

/**
 * The sender. Agents and benches only work together if both are equal, because another version of the program may draw
 * other prompts from the same seed.
 */
export interface Speaker {
  readonly version: number;
  /** Version of the program. */
  readonly tool: string;
}

/** Subjects of NATS. All begin with `chatstream.`. */
export const subjects = {
  /** A bench asks which agents there are. */
  call: 'chatstream.bench.call',
  /** An agent answers to such a call. */
  here: (session: string): string => `chatstream.bench.session.${session}.here`,
  /** An agent is being stopped. */
  left: (session: string): string => `chatstream.bench.session.${session}.left`,
  /** A bench provides pieces of the load. */
  load: (session: string): string => `chatstream.bench.session.${session}.load`,
  /** A request to one agent. */
  agent: (id: string): string => `chatstream.bench.agent.${id}`,
  /** An agent provides pieces of its result. */
  result: (id: string): string => `chatstream.bench.agent.${id}.result`,
};

const call = Type.Object({ session: Type.String() });
const here = Type.Object({ id: Type.String(), name: Type.String(), isFree: Type.Boolean() });
const left = Type.Object({ id: Type.String() });

/** Something that is too long for a message, and is fetched in pieces. */
const blobRef = Type.Object({
  hash: Type.String(),
  bytes: Type.Integer({ minimum: 0 }),
  /** Length of each piece but the last. */
  pieceBytes: Type.Integer({ minimum: 1 }),
});

/** Counted by the bench from 1, so that a message about an earlier run is recognised as such. */
const run = Type.Integer({ minimum: 1 });

/**
 * What a bench wants from an agent. The bench repeats it, and each time the agent answers with its state, so that a
 * message that is lost, late or repeated changes nothing.
 */
const wish = Type.Union([
  /** To be available, and to work for no other bench. */
  Type.Object({ type: Type.Literal('stay') }),
  Type.Object({
    type: Type.Literal('prepare'),
    run,
    /** The part that is the same in all runs and for all agents. */
    common: blobRef,
    /** The rest of this agent's job. */
    own: blobRef,
    /** Threads; null: as many as the load needs. */
    workers: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    /** Events per second that this agent's load is expected to bring. */
    events: Type.Number({ minimum: 0 }),
    /** For the agent's log. */
    place: Type.String(),
  }),
  Type.Object({ type: Type.Literal('run'), run }),
  Type.Object({ type: Type.Literal('abort'), run }),
  /** The bench is over. */
  Type.Object({ type: Type.Literal('leave') }),
]);

const command = Type.Object({ session: Type.String(), host: Type.String(), wish });

const agentState = Type.Union([
  Type.Object({ type: Type.Literal('idle') }),
  Type.Object({ type: Type.Literal('busy') }),
  Type.Object({ type: Type.Literal('refused'), reason: Type.String() }),
  Type.Object({ type: Type.Literal('preparing'), run }),
  Type.Object({ type: Type.Literal('prepared'), run }),
  Type.Object({
    type: Type.Literal('running'),
    run,
    /** How long it has been sending. */
    forMs: Type.Number({ minimum: 0 }),
    snapshot: Type.Unsafe<RunSnapshot>(Type.Object({ completed: Type.Number(), trend: Type.Object({}) })),
  }),
  Type.Object({
    type: Type.Literal('done'),
    run,
    /** How long ago it began to send. */
    forMs: Type.Number({ minimum: 0 }),
    parts: blobRef,
    /** CPU time of the agent over the run, as a share of one core. */
    cpuShare: Type.Number({ minimum: 0 }),
  }),
  Type.Object({
    type: Type.Literal('failed'),
    run,
    message: Type.String(),
    hint: Type.Union([Type.String(), Type.Null()]),
    isTarget: Type.Boolean({ description: 'Whether the server under test cannot be reached.' }),
  }),
]);

/** The answer of an agent: its state, or where that can be fetched if it is longer than a message may be. */
const agentAnswer = Type.Union([agentState, Type.Object({ type: Type.Literal('long'), state: blobRef })]);

const piece = Type.Object({ hash: Type.String(), index: Type.Integer({ minimum: 0 }) });

export const shapes = { call, here, left, command, agentState, agentAnswer, piece };

export type BlobRef = Static<typeof blobRef>;
export type Wish = Static<typeof wish>;
export type Command = Static<typeof command>;
export type AgentState = Static<typeof agentState>;
export type Here = Static<typeof here>;

/** A received message. */
export type Received<T> =
  | { readonly type: 'message'; readonly value: T; readonly speaker: Speaker }
  /** From another version or another program: its content is not looked at. */
  | { readonly type: 'foreign'; readonly speaker: Speaker };

/** As JSON, with the version in front. */
export function encodeMessage(speaker: Speaker, value: object): Uint8Array {
  return Buffer.from(JSON.stringify({ ...speaker, value }));
}

/** @returns `foreign` if the message is from another version; null if it is not one of our messages */
export function decodeMessage<Shape extends TSchema>(
  own: Speaker,
  shape: Shape,
  data: Uint8Array,
): Received<Static<Shape>> | null {
  const message = parsed(data);
  const [version, tool, value] = [member(message, 'version'), member(message, 'tool'), member(message, 'value')];
  if (typeof version !== 'number' || typeof tool !== 'string') return null;
  const speaker = { version, tool };
  if (version !== own.version || tool !== own.tool) return { type: 'foreign', speaker };
  return Value.Check(shape, value) ? { type: 'message', value, speaker } : null;
}

function parsed(data: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    return isRecord(value) ? value : null;
  } catch {
    // Another program may use these subjects: this is not one of our messages.
    return null;
  }
}

/** For messages to people: `chatstream 0.1.0 (messages 1)`. */
export function speakerText({ tool, version }: Speaker): string {
  return `chatstream ${tool} (messages ${version})`;
}
