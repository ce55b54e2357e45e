import { ChatstreamError } from '../../../base/errors.js';
import type { ChatMessage } from '../../../engine/engine.js';
import type { InferenceRequest, Shortening } from '../../../inference/request.js';
import type { WireTool } from '../../schemas/completions/completion-requests.js';
import type { ConversationItem } from '../../schemas/responses/response-items.js';
import type { ResponseRequest } from '../../schemas/responses/response-requests.js';
import { type ChatSource, requestedEnding, templateInput } from '../requests/chat-source.js';
import { leftOutTools } from '../requests/hosted-tools.js';
import { fromResponseFormat, outputFormat } from '../requests/output-format.js';
import { reasoningRequest } from '../requests/reasoning-requests.js';
import { missing, renamedParam } from '../requests/refused-parameters.js';
import { resolvedRequest } from '../requests/resolved-request.js';
import { requestedTools, type ToolParams, withCalls } from '../requests/tool-requests.js';
import { refuseUnsupported } from '../requests/unsupported.js';
import { chatMessages } from './items/chat-messages.js';
import { functionOfCustom } from './items/custom-tools.js';
import { type PlacedTool, withoutNamespaces } from './items/namespaces.js';
import { shorterChats } from './truncation.js';

/**
 * A request for a response with every default filled in.
 *
 * @param items what came before in the conversation, and the input
 * @throws ChatstreamError `invalid_request` for what is not supported
 */
export function fromResponseRequest(
  body: ResponseRequest,
  id: string,
  items: readonly ConversationItem[],
  defaultMaxTokens: number,
): InferenceRequest {
  refuseUnsupported(body, 'response');
  const logprobs = wantedLogprobs(body);
  if (items.length === 0) throw missing('input');
  if (body.max_output_tokens === 0) {
    const param = 'max_output_tokens';
    throw new ChatstreamError('invalid_request', `"${param}" must be 1 or more, or -1.`, { param });
  }
  const leftOut = leftOutTools(body.tools ?? []);
  const placed = withoutNamespaces(body.tools ?? []).filter(({ tool }) => !leftOut.has(tool));
  const tools = requestedTools({ ...body, tools: placed.map(wireTool) }, paramsOf(placed));
  const reasoning = reasoningRequest(body);
  const messages = chatMessages(items, body.instructions);
  const ending = requestedEnding(body, false);
  const source = (shown: readonly ChatMessage[]): ChatSource => ({
    ...templateInput(body, tools, reasoning),
    messages: shown,
    ending,
  });
  const shortening = body.truncation === 'auto' ? shorteningOf(messages, source) : null;
  const maxTokens = { max_completion_tokens: body.max_output_tokens ?? body.max_completion_tokens ?? null };
  const format = outputFormat(body, [fromResponseFormat(body.text?.format, 'text.format')]);
  return {
    ...resolvedRequest({ ...body, ...maxTokens }, id, source(messages), defaultMaxTokens),
    format: withCalls(tools, format),
    thoughtTokens: reasoning.maxTokens,
    ...(logprobs !== null && { logprobs }),
    ...(shortening !== null && { shortening }),
  };
}

/** How many of the likeliest tokens are to be reported; null for no probabilities. @throws ChatstreamError `invalid_request` */
export function wantedLogprobs({ include, top_logprobs: alternatives }: ResponseRequest): number | null {
  const included = 'message.output_text.logprobs';
  if (include?.includes(included) === true) return alternatives ?? 0;
  if ((alternatives ?? 0) === 0) return null;
  throw new ChatstreamError('invalid_request', `"top_logprobs" needs "${included}".`, {
    param: 'top_logprobs',
    hint: `Send "include": ["${included}"] with it.`,
  });
}

/** Errors about the chat that the items were made into, as errors about the input. */
export function aboutInput(error: unknown): unknown {
  return renamedParam(error, 'messages', 'input');
}

function shorteningOf(
  messages: readonly ChatMessage[],
  source: (shown: readonly ChatMessage[]) => ChatSource,
): Shortening | null {
  const { count, chat } = shorterChats(messages);
  return count === 0 ? null : { steps: count, source: (step) => source(chat(step)) };
}

function paramsOf(placed: readonly PlacedTool[]): ToolParams {
  const param = (index: number): string => placed[index]?.param ?? 'tools';
  return {
    name: (index) => `${param(index)}.name`,
    schema: (index) => `${param(index)}.${placed[index]?.tool.type === 'custom' ? 'format' : 'parameters'}`,
  };
}

/** For codex, if it has a live search and no other tools. */
const searchHint = 'In codex, set web_search to "disabled".';

/** A tool as chat completions have it. */
function wireTool({ tool, param }: PlacedTool): WireTool {
  const given = tool.type === 'custom' ? functionOfCustom(tool, param) : tool;
  const { type, name, description, parameters, strict } = given;
  if (type !== 'function') {
    const supported = 'Only functions, custom tools, and namespaces of them are supported.';
    throw new ChatstreamError('invalid_request', `"${param}" is a tool of type "${type}".`, {
      param: `${param}.type`,
      hint: type === 'web_search' ? `${supported} ${searchHint}` : supported,
    });
  }
  if (name === undefined || name === null) {
    const hint = 'In responses, a tool is {"type": "function", "name": "…", "parameters": {…}}.';
    throw missing(`${param}.name`, hint);
  }
  const called = {
    name,
    ...(description !== undefined && description !== null && { description }),
    ...(parameters !== undefined && parameters !== null && { parameters }),
    ...(strict !== undefined && strict !== null && { strict }),
  };
  return { type, function: called };
}
