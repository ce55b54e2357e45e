import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { ChatMessage, Conversation } from './workload.js';

export interface PromptsFile {
  /** The file's name and the beginning of its SHA-256, to tell whether two results used the same prompts. */
  readonly name: string;
  /** In a chat of several turns, each request contains everything before it. */
  readonly conversations: readonly Conversation[];
}

const chat = Compile(
  Type.Object({
    messages: Type.Array(Type.Object({ role: Type.String({ minLength: 1 }), content: Type.String() }), { minItems: 1 }),
  }),
);
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

/**
 * Reads prompts: JSON Lines of `{"messages":[…]}`, `{"prompt":"…"}` or ShareGPT's `{"conversations":[…]}`, in any
 * mixture, or one JSON array of them, as ShareGPT's own files are.
 *
 * @throws ChatstreamError `usage` with the line that is wrong
 */
export async function readPromptsFile(path: string): Promise<PromptsFile> {
  const content = await read(path);
  const conversations = entriesOf(content, path)
    .map(({ value, where }) => conversationOf(value, where))
    .filter((turns) => turns.length > 0);
  if (conversations.length === 0) {
    throw new ChatstreamError('usage', `There are no prompts in ${path}.`, {
      hint: 'Write one JSON object per line, such as {"prompt":"Hello!"}.',
    });
  }
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { name: `${basename(path)} (sha256 ${digest})`, conversations };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ChatstreamError('usage', `The prompts cannot be read: ${messageOf(error)}.`, {
      hint: 'Give --prompts the path of a JSONL file.',
      cause: error,
    });
  }
}

interface Entry {
  readonly value: unknown;
  /** For error messages. */
  readonly where: string;
}

function entriesOf(content: string, path: string): Entry[] {
  if (content.trimStart().startsWith('[')) {
    const values: unknown = parse(content, path);
    return Array.isArray(values)
      ? values.map((value: unknown, index) => ({ value, where: `Entry ${index + 1} of ${path}` }))
      : [];
  }
  return content
    .split('\n')
    .map((line, index) => ({ line: line.trim(), where: `Line ${index + 1} of ${path}` }))
    .filter(({ line }) => line !== '')
    .map(({ line, where }) => ({ value: parse(line, where), where }));
}

function parse(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ChatstreamError('usage', `${where} is not JSON: ${messageOf(error)}.`, { cause: error });
  }
}

function conversationOf(value: unknown, where: string): Conversation {
  if (chat.Check(value)) return [value.messages];
  if (text.Check(value)) return [[{ role: 'user', content: value.prompt }]];
  if (shareGpt.Check(value)) {
    return turnsOf(
      value.conversations.map(({ from, value: content }) => ({ role: roles.get(from) ?? 'user', content })),
    );
  }
  throw new ChatstreamError('usage', `${where} is not a prompt.`, {
    hint: 'It needs "messages" (role and content each), "prompt", or ShareGPT\'s "conversations" (from and value each).',
  });
}

/** One request for each message of the user, with everything before it, as the file has it. */
function turnsOf(messages: readonly ChatMessage[]): Conversation {
  return messages.flatMap(({ role }, index) => (role === 'user' ? [messages.slice(0, index + 1)] : []));
}
