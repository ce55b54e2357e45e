import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { namedReadProblem } from '../../base/files/file-errors.js';
import { utf8Text } from '../../base/files/utf8.js';
import { member } from '../../base/json.js';
import { whole } from '../../measurement/numbers.js';
import type { ChatMessage, Conversation, EntryWishes } from './workload.js';

export interface PromptsFile {
  /** The file's name and the beginning of its SHA-256, to tell whether two results used the same prompts. */
  readonly name: string;
  /** In a chat of several turns, each request contains everything before it. */
  readonly conversations: readonly Conversation[];
  /** What the entries say about their requests, in the same order. */
  readonly wishes: readonly EntryWishes[];
  /** Which entries were left out, and why; null if none were. */
  readonly leftOut: string | null;
}

/** Parts of a message, such as texts and images, are sent as they are. */
const content = Type.Union([
  Type.String(),
  Type.Array(Type.Object({ type: Type.String({ minLength: 1 }) }), { minItems: 1 }),
]);
/** Messages with content, or with nothing but calls. */
const message = Type.Union([
  Type.Object({ role: Type.String({ minLength: 1 }), content }),
  Type.Object({
    role: Type.String({ minLength: 1 }),
    content: Type.Null(),
    tool_calls: Type.Array(Type.Unknown(), { minItems: 1 }),
  }),
]);
const chat = Compile(
  Type.Object({
    messages: Type.Array(message, { minItems: 1 }),
  }),
);
/** Parameters of the request that an entry may have. */
const parameterNames = ['tools', 'tool_choice', 'response_format'] as const;
const outputTokens = Compile(Type.Integer({ minimum: 1 }));
const text = Compile(Type.Object({ prompt: Type.String({ minLength: 1 }) }));
const shareGpt = Compile(
  Type.Object({
    conversations: Type.Array(Type.Object({ from: Type.String(), value: Type.String() }), { minItems: 1 }),
  }),
);

/** The roles by ShareGPT's names. */
const roles: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ['user', 'user'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['bing', 'assistant'],
  ['bard', 'assistant'],
  ['assistant', 'assistant'],
  ['system', 'system'],
]);

/** At most this many of the left-out entries are named. */
const mostNamed = 3;

/** With a larger share of bad entries, the file is not a file of prompts. */
const mostLeftOut = 0.5;

/**
 * Reads prompts: JSON Lines of `{"messages":[…]}`, `{"prompt":"…"}` or ShareGPT's `{"conversations":[…]}`, in any
 * mixture, or one JSON array of them, like ShareGPT's own files. Large collections contain a few other entries, such as
 * conversations without a turn; these are left out.
 *
 * @param live each turn has only the messages since the last answer, because the server's own answers are sent back
 * @throws ChatstreamError `usage` if there are no prompts in it, or more bad entries than good ones
 */
export async function readPromptsFile(path: string, live = false): Promise<PromptsFile> {
  const file = await read(path);
  const entries = entriesOf(file, path).map(({ value, where }) => ({
    value,
    where,
    turns: conversationOf(value, live),
  }));
  const good = entries.flatMap(({ value, turns }) => (typeof turns === 'string' ? [] : [{ value, turns }]));
  const conversations = good.map(({ turns }) => turns);
  const bad = entries.flatMap(({ turns, where }) => (typeof turns === 'string' ? [`${where} ${turns}`] : []));
  if (conversations.length === 0 || bad.length > mostLeftOut * entries.length) {
    const reason = conversations.length === 0 ? `There are no prompts in ${path}` : `${path} is not a file of prompts`;
    throw new ChatstreamError('usage', bad.length === 0 ? `${reason}.` : `${reason}: ${someOf(bad)}.`, {
      hint: 'Each line is one JSON object with "messages" (role and content each), "prompt", or ShareGPT\'s "conversations" (from and value each), such as {"prompt":"Hello!"}.',
    });
  }
  const name = basename(path);
  const digest = createHash('sha256').update(file).digest('hex').slice(0, 12);
  const share = `${whole(bad.length)} of ${whole(entries.length)} entries of ${name}`;
  return {
    name: `${name} (sha256 ${digest})`,
    conversations,
    wishes: good.map(({ value }) => wishesOf(value)),
    leftOut: bad.length === 0 ? null : `${share} ${bad.length === 1 ? 'was' : 'were'} left out: ${someOf(bad)}.`,
  };
}

function someOf(bad: readonly string[]): string {
  const more = bad.length - mostNamed;
  return [...bad.slice(0, mostNamed), ...(more > 0 ? [`and ${whole(more)} more`] : [])].join(', ');
}

async function read(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ChatstreamError('usage', namedReadProblem('prompts', path, error), {
      hint: 'Give --prompts the path of a JSONL file.',
      cause: error,
    });
  });
  return utf8Text(bytes, path, 'Save the prompts as UTF-8, so that they are sent as they are.');
}

/** Stands for JSON. */
class NotJson {
  constructor(readonly reason: string) {}
}

interface Entry {
  readonly value: unknown;
  /** For messages: `line 17`. */
  readonly where: string;
}

function entriesOf(file: string, path: string): Entry[] {
  const trimmed = file.trim();
  if (trimmed.startsWith('[')) {
    const values = parsed(trimmed);
    if (Array.isArray(values)) return values.map((value: unknown, index) => ({ value, where: `entry ${index + 1}` }));
    const reason = values instanceof NotJson ? values.reason : '';
    throw new ChatstreamError('usage', `${path} begins as a JSON array, but is not JSON: ${reason}.`, {
      hint: 'The download may be incomplete.',
    });
  }
  return file
    .split('\n')
    .map((line, index) => ({ line: line.trim(), where: `line ${index + 1}` }))
    .filter(({ line }) => line !== '')
    .map(({ line, where }) => ({ value: parsed(line), where }));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    return new NotJson(messageOf(error));
  }
}

function wishesOf(value: unknown): EntryWishes {
  const length = member(value, 'output_tokens');
  const given = parameterNames.flatMap((name) => {
    const parameter = member(value, name);
    return parameter === undefined || parameter === null ? [] : [[name, parameter] as const];
  });
  return {
    outputTokens: outputTokens.Check(length) ? length : null,
    parameters: given.length === 0 ? null : Object.fromEntries(given),
  };
}

/** The requests of an entry, at least one, or what is wrong with it. */
function conversationOf(value: unknown, live: boolean): Conversation | string {
  if (value instanceof NotJson) return 'is not JSON';
  const length = member(value, 'output_tokens') ?? null;
  if (length !== null && !outputTokens.Check(length)) return 'has output_tokens that are no number of tokens';
  if (chat.Check(value)) return live ? liveTurnsOf(value.messages) : [value.messages];
  if (text.Check(value)) return [[{ role: 'user', content: value.prompt }]];
  if (!shareGpt.Check(value)) return 'is not a prompt';
  const turns = turnsOf(
    value.conversations.map(({ from, value: said }) => ({ role: roles.get(from) ?? 'user', content: said })),
  );
  if (turns.length === 0) return 'has no message of a user';
  return live ? liveTurnsOf(turns.at(-1) ?? []) : turns;
}

/**
 * The messages before each answer, without the answers of the file. Results of tools belong to calls that the server
 * may not make again, so a chat with them is a single request.
 */
function liveTurnsOf(messages: readonly ChatMessage[]): Conversation {
  if (messages.some(({ role }) => role === 'tool' || role === 'function')) return [messages];
  const turns: ChatMessage[][] = [];
  let pending: ChatMessage[] = [];
  for (const message of messages) {
    if (message.role === 'assistant') continue;
    pending.push(message);
    if (message.role !== 'user') continue;
    turns.push(pending);
    pending = [];
  }
  if (pending.length > 0) turns.push(pending);
  return turns.length === 0 ? [messages] : turns;
}

/** One request for each message of the user, with everything before it, as in the file. */
function turnsOf(messages: readonly ChatMessage[]): Conversation {
  return messages.flatMap(({ role }, index) => (role === 'user' ? [messages.slice(0, index + 1)] : []));
}
