import { ChatstreamError } from '../../../base/errors.js';
import { member } from '../../../base/json.js';
import type { ChatMessage, JsonObject } from '../../../engine/engine.js';
import type { MessagesRequest, WireBlock, WireInnerBlock, WireTurn } from '../../schemas/messages/messages-requests.js';
import { hostedBlocks } from '../../schemas/shared/hosted-calls.js';
import { missing, refuseDeep } from '../requests/refused-parameters.js';
import { questionAmong, type Speaker } from '../requests/unreadable-parts.js';
import { attachedText, type BlockPlace, unsupportedBlock } from './messages-attachments.js';

/** The contents of a block for the model. */
type Block =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thought'; readonly text: string }
  | { readonly type: 'call'; readonly id: string; readonly name: string; readonly input: JsonObject }
  | { readonly type: 'result'; readonly call: string; readonly text: string };

/** Consecutive messages of one role. Only the first turn can be the system's. */
interface Turn {
  readonly role: WireTurn['role'];
  readonly blocks: readonly Block[];
}

// A megabyte has 31,000 messages or 37,000 blocks. So as little as possible is allocated for each of them, and the path
// of one only where it may be needed, because most of the time goes into garbage collection.

/**
 * The messages of a request as chat templates expect them: calls and their results are messages of their own kind, and
 * turns alternate, because Anthropic's API combines consecutive messages of one role.
 *
 * @throws ChatstreamError `invalid_request` that names a block that is not supported
 */
export function chatMessages(body: MessagesRequest): readonly ChatMessage[] {
  const turns = withoutOldThoughts(turnsOf(body.messages), keptThoughts(body.context_management));
  const isSystem = ({ role }: Turn): boolean => role === 'system';
  const system = [systemText(body.system), ...turns.filter(isSystem).map(({ blocks }) => textOf(blocks, '\n'))];
  const content = system.filter((text) => text !== '').join('\n');
  const messages: ChatMessage[] = content === '' ? [] : [{ role: 'system', content }];
  turns.forEach((turn, index) => {
    messagesOf(turn, turns[index - 1], messages);
  });
  return messages;
}

/** Claude Code's note to Anthropic's billing. It changes with each request, so that no prompt would be in the cache. */
const billingNote = 'x-anthropic-billing-header:';

function systemText(system: MessagesRequest['system']): string {
  if (typeof system === 'string') return system;
  const texts = (system ?? []).map((block, index) => {
    const path = `system.${index}`;
    if (block.type !== 'text') throw unsupportedBlock(block.type, path, 'Only text is supported.');
    return block.text ?? '';
  });
  return texts.filter((text) => !text.startsWith(billingNote)).join('\n');
}

function turnsOf(messages: readonly WireTurn[]): readonly Turn[] {
  const turns: { role: Turn['role']; blocks: Block[] }[] = [];
  const isQuestion = questionAmong(messages.map(speakerOf));
  for (const [index, { role, content }] of messages.entries()) {
    const blocks =
      typeof content === 'string'
        ? [textBlock(content)]
        : blocksOf(content, role, {
            path: `messages.${index}.content`,
            mayOmit: role !== 'system' && !isQuestion(index),
          });
    // All of it was left out.
    if (blocks.length === 0 && content.length > 0) continue;
    const last = turns.at(-1);
    const isReminder = role === 'system' && last !== undefined && last.role !== 'system';
    const turn = isReminder ? { role: 'user' as const, blocks: [reminder(blocks)] } : { role, blocks };
    // One by one, because as many arguments as a turn may have blocks would overflow the stack.
    if (last?.role === turn.role) for (const block of turn.blocks) last.blocks.push(block);
    else turns.push(turn);
  }
  if (turns.length === 0) throw nothingLeftError();
  return turns;
}

/** Anything that comes with the results of tools belongs to them: agents attach files that a tool has read. */
function speakerOf({ role, content }: WireTurn): Speaker {
  if (role !== 'user') return role === 'assistant' ? role : 'other';
  const hasResults = typeof content !== 'string' && content.some(({ type }) => type === 'tool_result');
  return hasResults ? 'result' : 'user';
}

/**
 * What the system says in the middle of a conversation, where many templates refuse it. Claude Code's prompts call such
 * messages by this name.
 */
function reminder(blocks: readonly Block[]): Block {
  return textBlock(`<system-reminder>\n${textOf(blocks, '\n')}\n</system-reminder>`);
}

function textBlock(text: string): Block {
  return { type: 'text', text };
}

function blocksOf(content: readonly WireBlock[], role: Turn['role'], { path, mayOmit }: BlockPlace): Block[] {
  const blocks: Block[] = [];
  content.forEach((block, index) => {
    if (block.type === 'text' && typeof block.text === 'string') {
      blocks.push(textBlock(block.text));
      return;
    }
    const read = blockOf(block, role, { path: `${path}.${index}`, mayOmit });
    if (read !== null) blocks.push(read);
  });
  return blocks;
}

function nothingLeftError(): ChatstreamError {
  return new ChatstreamError('invalid_request', '"messages" has nothing that the model can read.', {
    param: 'messages',
    hint: 'Thoughts that only Anthropic can read, and calls of tools that it runs itself, are left out.',
  });
}

/** The role that may say a block. */
const speakers: Readonly<Record<string, Turn['role']>> = {
  thinking: 'assistant',
  redacted_thinking: 'assistant',
  fallback: 'assistant',
  tool_use: 'assistant',
  tool_result: 'user',
  ...Object.fromEntries([...hostedBlocks].map((type) => [type, 'assistant' as const])),
};

/** Null for one that is left out. */
function blockOf(block: WireBlock, role: Turn['role'], { path, mayOmit }: BlockPlace): Block | null {
  const { type } = block;
  const speaker = Object.hasOwn(speakers, type) ? speakers[type] : role;
  if (speaker !== role) {
    throw new ChatstreamError('invalid_request', `A message of the role ${role} cannot have a ${type} block.`, {
      param: path,
    });
  }
  switch (type) {
    case 'text':
      return textBlock(given(block.text, `${path}.text`));
    case 'thinking':
      return { type: 'thought', text: block.thinking ?? '' };
    // Only Anthropic's servers can read the first. The second marks where another of their models continued.
    case 'redacted_thinking':
    case 'fallback':
      return null;
    case 'tool_use': {
      const input = block.input ?? {};
      refuseDeep(input, `${path}.input`, 'The input of a call');
      return { type: 'call', id: given(block.id, `${path}.id`), name: given(block.name, `${path}.name`), input };
    }
    case 'tool_result':
      return { type: 'result', call: given(block.tool_use_id, `${path}.tool_use_id`), text: resultText(block, path) };
    default:
      if (hostedBlocks.has(type)) return null;
      return textBlock(attachedText(block, { path, mayOmit }, supportedBlocks));
  }
}

const supportedBlocks = 'Only text, documents of text, thinking, tool_use and tool_result are supported.';

function given(text: string | null | undefined, param: string): string {
  if (text === undefined || text === null) throw missing(param);
  return text;
}

/**
 * Templates have no place for a failure, so the text must mention it. The output of Claude Code's tools does so
 * already.
 */
function resultText({ content, is_error: isError }: WireBlock, path: string): string {
  const parts =
    typeof content === 'string'
      ? [content]
      : (content ?? []).map((part, index) => innerText(part, `${path}.content.${index}`));
  const text = parts.join('\n');
  return isError === true && !/^\W*\w*error/i.test(text) ? `Error: ${text}` : text;
}

function innerText(block: WireInnerBlock, path: string): string {
  const { type, text, tool_name: tool } = block;
  switch (type) {
    case 'text':
      return given(text, `${path}.text`);
    // The result of a search for tools. The model knows all of them, so the name is enough.
    case 'tool_reference':
      return given(tool, `${path}.tool_name`);
    default:
      return attachedText(block, { path, mayOmit: true }, 'Only text is supported in the result of a tool.');
  }
}

/** Adds the messages of a turn to others. */
function messagesOf({ role, blocks }: Turn, before: Turn | undefined, messages: ChatMessage[]): void {
  switch (role) {
    case 'system':
      return;
    case 'assistant':
      messages.push(assistantMessage(blocks));
      return;
    case 'user': {
      const hasResults = has('result', blocks);
      if (hasResults) for (const result of resultMessages(blocks, before?.blocks ?? [])) messages.push(result);
      if (!hasResults || has('text', blocks)) messages.push({ role, content: textOf(blocks, '\n') });
    }
  }
}

function has(wanted: Block['type'], blocks: readonly Block[]): boolean {
  return blocks.some(({ type }) => type === wanted);
}

/** The texts of an assistant are the pieces of one text, between which it thought or called tools. */
function assistantMessage(blocks: readonly Block[]): ChatMessage {
  const [only] = blocks;
  if (blocks.length === 1 && only?.type === 'text') return { role: 'assistant', content: only.text };
  const calls = callsOf(blocks).map(({ id, name, input }) => {
    return { id, type: 'function', function: { name, arguments: input } };
  });
  const thought = blocks.map((block) => (block.type === 'thought' ? block.text : '')).join('');
  return {
    role: 'assistant',
    content: textOf(blocks, ''),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(thought !== '' && { reasoning_content: thought }),
  };
}

/** In the order of the calls: many templates show no identifiers, so only the order shows what belongs together. */
function resultMessages(blocks: readonly Block[], before: readonly Block[]): readonly ChatMessage[] {
  const calls = callsOf(before);
  const results = blocks.filter((block) => block.type === 'result');
  const [only] = results;
  if (results.length === 1 && only !== undefined) {
    return [resultMessage(only, calls.findLast(({ id }) => id === only.call)?.name)];
  }
  const places = new Map(calls.map(({ id }, index) => [id, index]));
  const placed = results.map((result) => {
    const place = places.get(result.call) ?? calls.length;
    return { place, message: resultMessage(result, calls[place]?.name) };
  });
  return placed.toSorted((one, other) => one.place - other.place).map(({ message }) => message);
}

function resultMessage({ call, text }: Extract<Block, { type: 'result' }>, name: string | undefined): ChatMessage {
  const message: ChatMessage = { role: 'tool', content: text, tool_call_id: call };
  return name === undefined ? message : { ...message, name };
}

type Call = Extract<Block, { type: 'call' }>;

function callsOf(blocks: readonly Block[]): readonly Call[] {
  return blocks.filter((block) => block.type === 'call');
}

function textOf(blocks: readonly Block[], separator: string): string {
  const [only] = blocks;
  if (blocks.length === 1 && only?.type === 'text') return only.text;
  return blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(separator);
}

/** How many of the last turns with thoughts keep them. @throws ChatstreamError `invalid_request` for any other edit */
function keptThoughts(management: MessagesRequest['context_management']): number {
  let kept = Infinity;
  for (const [index, { type, keep }] of (management?.edits ?? []).entries()) {
    const param = `context_management.edits.${index}`;
    if (type !== 'clear_thinking_20251015') {
      throw unsupportedBlock(type, param, 'Only clear_thinking_20251015 is supported.');
    }
    kept = Math.min(kept, turnsToKeep(keep, param));
  }
  return kept;
}

function turnsToKeep(keep: unknown, param: string): number {
  if (keep === undefined || keep === null) return 1;
  const type = typeof keep === 'string' ? keep : member(keep, 'type');
  const value = member(keep, 'value');
  if (type === 'all') return Infinity;
  if (type === 'thinking_turns' && typeof value === 'number' && value >= 1) return value;
  throw new ChatstreamError('invalid_request', `The value of "${param}.keep" is not known.`, {
    param: `${param}.keep`,
    hint: 'Use "all" or {"type": "thinking_turns", "value": 1}.',
  });
}

function withoutOldThoughts(turns: readonly Turn[], kept: number): readonly Turn[] {
  if (kept === Infinity) return turns;
  const isThought = ({ type }: Block): boolean => type === 'thought';
  const thinking = turns.filter(({ blocks }) => blocks.some(isThought));
  const old = new Set(thinking.slice(0, Math.max(0, thinking.length - kept)));
  return turns.map((turn) =>
    old.has(turn) ? { ...turn, blocks: turn.blocks.filter((block) => !isThought(block)) } : turn,
  );
}
