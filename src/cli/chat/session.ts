import { readFile } from 'node:fs/promises';
import { asChatstreamError, ChatstreamError } from '../../core/base/errors.js';
import { fileReason, writeHint } from '../../core/base/files/file-errors.js';
import { replaceFile } from '../../core/base/files/replace-file.js';
import { member } from '../../core/base/json.js';
import { type CommandName, commands, readLine } from '../../core/chat/chat-line.js';
import type { ChatServer } from '../../core/chat/chat-server.js';
import { Conversation } from '../../core/chat/conversation.js';
import { readParameter } from '../../core/chat/parameters.js';
import { readable } from '../../core/report/text/readable.js';
import { padEnd, wrap } from '../../core/report/text/style.js';
import { columnsOf, styled } from '../terminal/terminal.js';
import { promptLine } from './prompt-line.js';
import { liveAnswer, plainAnswer, type ShownAnswer } from './shown-answer.js';

/**
 * One question and its answer, for pipes.
 *
 * @param stopping aborted to end, which is an error here: the answer is not complete
 * @throws ChatstreamError `target_unreachable`; `cancelled` if it was stopped
 */
export async function answerOnce(
  server: ChatServer,
  conversation: Conversation,
  question: string,
  stopping: AbortSignal,
): Promise<void> {
  conversation.ask(question);
  const leaving = new AbortController();
  // The reader of the answer has left, or the disk is full, which main.ts reports.
  process.stdout.once('error', () => {
    leaving.abort();
  });
  await streamAnswer(server, conversation, AbortSignal.any([stopping, leaving.signal]));
  stopping.throwIfAborted();
}

/** Talks with someone at a terminal until they leave. Errors are shown, and the conversation continues. */
export async function converse(server: ChatServer, conversation: Conversation): Promise<void> {
  const history: string[] = [];
  const prompt = styled(process.stdout, ['bold', 'cyan'], '> ');
  const talk = { server, conversation };
  let wasInterrupted = false;
  for (;;) {
    const entered = await promptLine(prompt, history);
    if (entered.type === 'ended') return;
    if (entered.type === 'interrupted') {
      if (wasInterrupted) return;
      wasInterrupted = true;
      aside('Ctrl-C again, or /exit, to leave.');
      continue;
    }
    wasInterrupted = false;
    if (entered.text === '') continue;
    try {
      const outcome = await obey(entered.text, talk);
      if (outcome === 'leave') return;
      wasInterrupted = outcome === 'interrupted';
    } catch (error) {
      const { message, hint } = asChatstreamError(error);
      problem(hint === undefined ? message : `${message} ${hint}`);
    }
  }
}

interface Talk {
  readonly server: ChatServer;
  conversation: Conversation;
}

type Outcome = 'go-on' | 'interrupted' | 'leave';

async function obey(text: string, talk: Talk): Promise<Outcome> {
  const line = readLine(text);
  switch (line.type) {
    case 'message':
      talk.conversation.ask(line.text);
      // A message without an answer does not become part of the conversation.
      return await answerInteractively(talk, (conversation) => conversation.takeBack());
    case 'command':
      return await obeyCommand(line.name, line.rest, talk);
    case 'unknown-command':
      problem(`There is no command /${line.name}. /help lists them.`);
      return 'go-on';
  }
}

async function obeyCommand(name: CommandName, rest: string, talk: Talk): Promise<Outcome> {
  const { conversation } = talk;
  switch (name) {
    case 'system':
      if (rest !== '') conversation.system = rest === '-' ? null : rest;
      aside(conversation.system === null ? 'No system prompt.' : `System prompt: ${conversation.system}`);
      return 'go-on';
    case 'set':
      setParameter(conversation, rest);
      return 'go-on';
    case 'regenerate':
      return await regenerate(talk);
    case 'clear':
      conversation.clear();
      aside('A new conversation.');
      return 'go-on';
    case 'save':
      await save(conversation, rest);
      return 'go-on';
    case 'load':
      talk.conversation = await loadConversation(rest);
      aside(`${talk.conversation.turns.length} messages.`);
      return 'go-on';
    case 'help':
      help();
      return 'go-on';
    case 'exit':
      return 'leave';
  }
}

function setParameter(conversation: Conversation, rest: string): void {
  const [, name = '', value = ''] = /^(\S*)\s*([^]*)$/.exec(rest) ?? [];
  if (name !== '' && value === '') conversation.unset(name);
  else if (name !== '') conversation.set(name, readParameter(name, value));
  const set = Object.entries(conversation.parameters).map(([each, is]) => `${each} ${JSON.stringify(is)}`);
  aside(set.length === 0 ? 'All parameters are those of the server.' : `Set: ${set.join(', ')}.`);
}

async function save(conversation: Conversation, path: string): Promise<void> {
  if (path === '') throw new ChatstreamError('usage', 'Give a file: /save FILE.');
  const older = await readFile(path, 'utf8').catch((error: unknown) => {
    if (member(error, 'code') === 'ENOENT') return null;
    throw new ChatstreamError('output_failed', `${path} cannot be written: ${fileReason(error)}.`, {
      hint: writeHint(error),
      cause: error,
    });
  });
  if (older !== null && !Conversation.isSaved(older)) {
    throw new ChatstreamError('usage', `${path} exists and is not a saved conversation.`, {
      hint: 'Name another file.',
    });
  }
  try {
    await replaceFile(path, conversation.toText());
  } catch (error) {
    throw new ChatstreamError('output_failed', `${path} cannot be written: ${fileReason(error)}.`, {
      hint: writeHint(error),
      cause: error,
    });
  }
  aside(`Saved to ${path}.`);
}

/** @throws ChatstreamError `usage` if there is no such file, or it is no saved conversation */
export async function loadConversation(path: string): Promise<Conversation> {
  if (path === '') throw new ChatstreamError('usage', 'Give a file: /load FILE.');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', `${path} cannot be read: ${fileReason(error)}.`, { cause: error });
  });
  return Conversation.parse(text, path);
}

function help(): void {
  const rows = Object.values(commands);
  const widest = Math.max(...rows.map(([written]) => written.length));
  const width = columnsOf(process.stdout);
  const indent = ' '.repeat(widest + 2);
  for (const [written, words] of rows) {
    const lines = wrap(`${padEnd(written, widest)}  ${words}`, width - 2, indent);
    process.stdout.write(lines.map((line) => `  ${line}\n`).join(''));
  }
  const more = 'Ctrl-C stops an answer. Texts of several lines are pasted, or written between """ and """.';
  for (const line of wrap(more, width)) aside(line);
}

async function regenerate(talk: Talk): Promise<Outcome> {
  if (talk.conversation.turns.length === 0) {
    problem('There is no answer to regenerate.');
    return 'go-on';
  }
  const older = talk.conversation.takeBack();
  return await answerInteractively(talk, (conversation) => {
    conversation.answer(older);
  });
}

/** @param mend called if there was no answer at all */
async function answerInteractively(
  { server, conversation }: Talk,
  mend: (conversation: Conversation) => void,
): Promise<Outcome> {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  try {
    process.stdout.write('\n');
    await streamAnswer(server, conversation, stop.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
    if (conversation.isUnanswered) mend(conversation);
    process.stdout.write('\n');
  }
  return stop.signal.aborted ? 'interrupted' : 'go-on';
}

/** Shows the answer to the last message and keeps the part that arrived. */
async function streamAnswer(server: ChatServer, conversation: Conversation, signal: AbortSignal): Promise<void> {
  const shown: ShownAnswer = process.stdout.isTTY ? liveAnswer(process.stdout) : plainAnswer(process.stdout);
  let text = '';
  let ending: string | null = null;
  try {
    for await (const event of server.ask(conversation.messages, conversation.parameters, signal)) {
      if (event.type === 'text') text += event.text;
      if (event.type === 'finished') ending = endingText(event.reason);
      shown.show(event);
    }
    if (signal.aborted) ending = 'stopped';
  } finally {
    shown.close(ending);
    if (text !== '') conversation.answer(text);
  }
}

function endingText(reason: string): string | null {
  switch (reason) {
    case 'stop':
      return null;
    case 'length':
      return 'cut off at the limit of tokens';
    default:
      return `ended: ${reason}`;
  }
}

function aside(text: string): void {
  process.stdout.write(`${styled(process.stdout, 'dim', text)}\n`);
}

/** It may be what a server has sent. */
function problem(text: string): void {
  process.stdout.write(`${styled(process.stdout, 'yellow', readable(text))}\n`);
}
