import { ChatstreamError } from '../../../base/errors.js';
import type { ChatDialect } from '../../dialects/templates/chat-dialect.js';
import { toolsVariable } from '../../dialects/templates/dialect-of.js';
import { withGenericTools } from '../../dialects/templates/generic-tools.js';
import { thinkingSwitches, thinkingVariables } from '../../dialects/templates/thinking.js';
import type { ChatMessage, PromptSource } from '../../engine.js';
import type { RequestedEffort } from '../../reasoning.js';
import type { ChatTemplate } from './chat-template.js';
import type { TracedText } from './special-tokens.js';

type Chat = Extract<PromptSource, { type: 'chat' }>;

/**
 * Renders a chat with the means of its template: the effort of thinking as variables or as a word in a message, and
 * tools in messages if the template has no place for them.
 *
 * @throws ChatstreamError as `ChatTemplate.render` does
 */
export async function renderChat(
  template: ChatTemplate,
  dialect: ChatDialect,
  chat: Chat,
  signal?: AbortSignal,
): Promise<TracedText> {
  const thinking = withEffort(template.source, chat);
  if (dialect.hasTools) return await template.render(withToolVariable(template.source, thinking), signal);
  const { tools = [], messages } = thinking;
  const render = async (inUserMessage: boolean): Promise<TracedText> => {
    const told = withGenericTools(messages, tools, inUserMessage);
    return await template.render({ ...thinking, tools: undefined, messages: told }, signal);
  };
  try {
    return await render(false);
  } catch (error) {
    // Some templates refuse system messages.
    const isRefused = error instanceof ChatstreamError && error.code === 'invalid_request';
    if (tools.length === 0 || !isRefused) throw error;
    return await render(true);
  }
}

function withEffort(source: string, chat: Chat): Chat {
  const { reasoningEffort: effort, messages, arguments: given } = chat;
  if (effort === undefined) return chat;
  return {
    ...chat,
    messages: withThinkingWord(source, messages, effort),
    arguments: { ...thinkingVariables(source, effort), ...given },
  };
}

/** For templates that can only be told not to think in the last message of the user. */
function withThinkingWord(
  source: string,
  messages: readonly ChatMessage[],
  effort: RequestedEffort,
): readonly ChatMessage[] {
  const word = thinkingSwitches(source).find(({ type }) => type === 'message');
  if (word?.type !== 'message' || effort !== 'none') return messages;
  const last = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map((message, index) =>
    index === last ? { ...message, content: `${message.content} ${word.off}` } : message,
  );
}

/** Some templates want the functions as JSON text. */
function withToolVariable(source: string, chat: Chat): Chat {
  const { tools = [] } = chat;
  if (tools.length === 0 || toolsVariable(source) !== 'functions') return chat;
  const functions = JSON.stringify(tools.map((tool) => tool['function'] ?? tool));
  const now = new Date().toUTCString();
  return { ...chat, arguments: { functions, datetime: now, ...chat.arguments } };
}
