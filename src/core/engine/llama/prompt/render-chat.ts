import { ChatstreamError } from '../../../base/errors.js';
import type { ChatDialect } from '../../dialects/chat-dialect.js';
import { toolsVariable } from '../../dialects/dialect-of.js';
import { withGenericTools } from '../../dialects/generic-tools.js';
import { thinkingVariables } from '../../dialects/thinking.js';
import type { PromptSource } from '../../engine.js';
import type { ChatTemplate } from './chat-template.js';
import type { TracedText } from './special-tokens.js';

type Chat = Extract<PromptSource, { type: 'chat' }>;

/**
 * Renders a chat with what its template knows: the effort of thinking as variables, and tools in messages if the
 * template has no place for them.
 *
 * @throws ChatstreamError as `ChatTemplate.render` does
 */
export async function renderChat(
  template: ChatTemplate,
  dialect: ChatDialect,
  chat: Chat,
  signal?: AbortSignal,
): Promise<TracedText> {
  const { reasoningEffort: effort } = chat;
  const variables = effort === undefined ? {} : thinkingVariables(template.source, effort);
  const thinking: Chat = { ...chat, arguments: { ...variables, ...chat.arguments } };
  if (dialect.hasTools) return await template.render(withToolVariable(template.source, thinking), signal);
  const { tools = [], messages } = thinking;
  const render = async (inUserMessage: boolean): Promise<TracedText> =>
    await template.render(
      { ...thinking, tools: undefined, messages: withGenericTools(messages, tools, inUserMessage) },
      signal,
    );
  try {
    return await render(false);
  } catch (error) {
    // Some templates refuse system messages.
    const isRefused = error instanceof ChatstreamError && error.code === 'invalid_request';
    if (tools.length === 0 || !isRefused) throw error;
    return await render(true);
  }
}

/** Some templates want the functions as a text of JSON. */
function withToolVariable(source: string, chat: Chat): Chat {
  const { tools = [] } = chat;
  if (tools.length === 0 || toolsVariable(source) !== 'functions') return chat;
  const functions = JSON.stringify(tools.map((tool) => tool['function'] ?? tool));
  return { ...chat, arguments: { functions, ...chat.arguments } };
}
