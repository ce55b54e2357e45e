import {
  array,
  boolean,
  DecodeError,
  type Decoder,
  nullable,
  number,
  object,
  optional,
  string,
} from '../../api/decode.js';
import { type Answer, type AnswerState, isOpen, type Part } from './answer.js';
import type { Conversation, Turn } from './conversation.js';
import { defaultSettings, type Settings } from './settings.js';

const format = 'chatstream-conversations';
const version = 1;

/** What reading a file came to. `newer`: a later version of this page wrote it. */
export type FileReading =
  | { readonly status: 'read'; readonly conversations: readonly Conversation[] }
  | { readonly status: 'not-json' }
  | { readonly status: 'not-conversations' }
  | { readonly status: 'newer' }
  | { readonly status: 'broken'; readonly detail: string };

/** Conversations as the text of a file, in which {@link readFile} finds them again. */
export function fileOf(conversations: readonly Conversation[], indent = 2): string {
  return JSON.stringify({ format, version, conversations }, null, indent);
}

const header = object({ format: optional(string, ''), version: optional(number, 0) });
const content = object({ conversations: array(conversation) });

export function readFile(text: string): FileReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { status: 'not-json' };
  }
  try {
    if (!isHeaded(value)) return { status: 'not-conversations' };
    if (header(value).version > version) return { status: 'newer' };
    return { status: 'read', conversations: content(value).conversations };
  } catch (error) {
    if (error instanceof DecodeError) return { status: 'broken', detail: error.message };
    throw error;
  }
}

function isHeaded(value: unknown): boolean {
  try {
    return header(value).format === format;
  } catch {
    return false;
  }
}

const settings: Decoder<Settings> = object({
  model: nullable(string),
  system: string,
  temperature: nullable(number),
  topP: nullable(number),
  topK: nullable(number),
  minP: nullable(number),
  maxTokens: nullable(number),
  seed: nullable(number),
  reasoningEffort: nullable(string),
  more: string,
  onServer: optional(boolean, false),
});

const likes: Decoder<Readonly<Record<string, boolean>>> = (value) =>
  Object.fromEntries(Object.entries(anything(value)).map(([id, like]) => [id, boolean(like)]));

const fields = object({
  id: string,
  changedAtMs: number,
  settings: optional(settings, defaultSettings),
  turns: array(turn),
  chosen: optional(strings, {}),
  storedAs: optional(nullable(string), null),
  likes: optional(likes, undefined),
});

function conversation(value: unknown): Conversation {
  const read = fields(value);
  const known = new Set<string>();
  for (const { id, parent } of read.turns) {
    if (known.has(id)) throw new DecodeError(`turns: two have the id ${JSON.stringify(id)}`);
    if (parent !== null && !known.has(parent)) {
      throw new DecodeError(`turns: ${JSON.stringify(id)} comes before its parent ${JSON.stringify(parent)}`);
    }
    known.add(id);
  }
  return read;
}

function strings(value: unknown): Readonly<Record<string, string>> {
  const list = Object.entries(object({ map: anything })({ map: value }).map);
  return Object.fromEntries(list.map(([name, text]) => [name, string(text)]));
}

function anything(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new DecodeError('expected an object');
}

const type = object({ type: string });
const place = { id: string, parent: nullable(string) };
const question = object({ ...place, text: string });
const results = object({ ...place, results: array(object({ callId: string, text: string })) });
const reply = object({ ...place, answer });

function turn(value: unknown): Turn {
  const { type: name } = type(value);
  switch (name) {
    case 'question':
      return { type: name, ...question(value) };
    case 'results':
      return { type: name, ...results(value) };
    case 'reply':
      return { type: name, ...reply(value) };
    default:
      throw new DecodeError(`type: unknown turn ${JSON.stringify(name)}`);
  }
}

/** An answer that had not ended when it was kept will not continue: its stream is gone. */
function answer(value: unknown): Answer {
  const read = answerFields(value);
  return isOpen(read) ? { ...read, state: { status: 'stopped' } } : read;
}

const timings = object({
  queueMs: number,
  prefillMs: number,
  decodeMs: number,
  promptTokens: number,
  cachedTokens: number,
  outputTokens: number,
});

function answerFields(value: unknown): Answer {
  return object({
    state,
    parts: array(part),
    responseId: nullable(string),
    isStored: optional(boolean, false),
    model: nullable(string),
    timings: nullable(timings),
    sentAtMs: number,
    firstAtMs: nullable(number),
    lastAtMs: nullable(number),
    pieces: number,
    like: nullable(boolean),
  })(value);
}

const text = object({ text: string });
const call = object({ id: string, name: string, arguments: string });

function part(value: unknown): Part {
  const { type: name } = type(value);
  switch (name) {
    case 'text':
    case 'reasoning':
      return { type: name, ...text(value) };
    case 'call':
      return { type: name, ...call(value) };
    default:
      throw new DecodeError(`type: unknown part ${JSON.stringify(name)}`);
  }
}

const status = object({ status: string });

function state(value: unknown): AnswerState {
  const { status: name } = status(value);
  switch (name) {
    case 'sent':
    case 'prefilling':
    case 'generating':
    case 'stopped':
      return { status: name };
    case 'waiting':
      return { status: name, ...object({ position: number, etaMs: nullable(number) })(value) };
    case 'ended':
      return { status: name, ...object({ reason: string })(value) };
    case 'failed':
      return { status: name, ...object({ code: string, message: string })(value) };
    default:
      throw new DecodeError(`status: unknown ${JSON.stringify(name)}`);
  }
}
