import { ChatstreamError } from '../../../base/errors.js';
import type { PromptSource } from '../../../engine/engine.js';
import type { InferenceRequest } from '../../../inference/request.js';
import type { MessagesRequest, WireMessagesTool } from '../../schemas/messages/messages-requests.js';
import { templateInput } from '../requests/chat-source.js';
import { leftOutTools } from '../requests/hosted-tools.js';
import { outputFormat, schemaFormat } from '../requests/output-format.js';
import { effortOf, type ReasoningRequest } from '../requests/reasoning-requests.js';
import { missing } from '../requests/refused-parameters.js';
import { resolvedRequest } from '../requests/resolved-request.js';
import { type RequestedTools, requestedTools, withCalls } from '../requests/tool-requests.js';
import { refuseUnsupported } from '../requests/unsupported.js';
import { chatMessages } from './messages-chat.js';

/**
 * A request of Anthropic's Messages API with every default filled in.
 *
 * @throws ChatstreamError `invalid_request` for what is not supported, such as tools of Anthropic's servers without others
 */
export function fromMessagesRequest(body: MessagesRequest, id: string, defaultMaxTokens: number): InferenceRequest {
  refuseUnsupported(body, 'messages');
  refuseWholeBudget(body);
  const tools = toolsOf(body);
  const reasoning = reasoningOf(body);
  const stop = [...(body.stop_sequences ?? []), ...stopList(body.stop)];
  const source = sourceOf(body, tools, reasoning);
  const format = outputFormat(body, [
    schemaFormat('output_config.format', body.output_config?.format?.schema),
    schemaFormat('output_format', body.output_format?.schema),
  ]);
  return {
    // Without tokens, the prompt is read into the prompt cache.
    ...resolvedRequest({ ...body, stop }, id, source, defaultMaxTokens, true),
    format: withCalls(tools, format),
    thoughtTokens: reasoning.maxTokens,
  };
}

/** Whether the client wants to read thoughts. */
export function showsThoughts({ thinking }: MessagesRequest): boolean {
  return thinking?.display !== 'omitted';
}

/**
 * As Anthropic's API: without tokens beyond the thought, there would be no answer. With tools, a budget may be that of several thoughts
 * between calls, and larger.
 */
function refuseWholeBudget({ thinking, max_tokens: maxTokens, tools }: MessagesRequest): void {
  const budget = thinking?.type === 'enabled' ? thinking.budget_tokens : undefined;
  if (typeof budget !== 'number' || typeof maxTokens !== 'number' || (tools?.length ?? 0) > 0) return;
  if (budget < maxTokens) return;
  throw new ChatstreamError('invalid_request', '`max_tokens` must be greater than `thinking.budget_tokens`.', {
    param: 'thinking.budget_tokens',
    hint: 'Reasoning counts towards max_tokens, so nothing would be left for the answer.',
  });
}

function stopList(stop: MessagesRequest['stop']): readonly string[] {
  return typeof stop === 'string' ? [stop] : (stop ?? []);
}

function sourceOf(body: MessagesRequest, tools: RequestedTools | null, reasoning: ReasoningRequest): PromptSource {
  const messages = chatMessages(body);
  const last = messages.at(-1);
  // An answer that the client has begun is continued. Calls are followed by their results, not by the rest of the
  // answer.
  const isBegun = last?.role === 'assistant' && last.tool_calls === undefined;
  return { ...templateInput(body, tools, reasoning), messages, ending: isBegun ? 'continue' : 'answer' };
}

/**
 * Thinking that is turned on without an effort is only turned on: the template decides how much a model thinks by
 * itself.
 */
function reasoningOf({ thinking, output_config: output }: MessagesRequest): ReasoningRequest {
  const effort = effortOf(output?.effort, 'output_config.effort');
  switch (thinking?.type) {
    // With the second one, the model does not think either: at Anthropic, what it says between calls is a thought then.
    case 'disabled':
    case 'between_tools':
      return { effort: 'none', maxTokens: null };
    case 'enabled':
      return { effort: effort ?? 'on', maxTokens: thinking.budget_tokens ?? null };
    case 'adaptive':
    case undefined:
      return { effort, maxTokens: null };
  }
}

function toolsOf({ tools: given, tool_choice: choice }: MessagesRequest): RequestedTools | null {
  const leftOut = leftOutTools(given ?? []);
  const tools = (given ?? []).flatMap((tool, index) => (leftOut.has(tool) ? [] : [{ tool, index }]));
  const param = (place: number): string => `tools.${tools[place]?.index ?? place}`;
  const body = {
    tools: tools.map(({ tool, index }) => functionOf(tool, index)),
    tool_choice: choiceOf(choice),
    ...(choice?.disable_parallel_tool_use === true && { parallel_tool_calls: false }),
  };
  return requestedTools(body, {
    name: (place) => `${param(place)}.name`,
    schema: (place) => `${param(place)}.input_schema`,
  });
}

function choiceOf(choice: MessagesRequest['tool_choice']): unknown {
  switch (choice?.type) {
    case undefined:
    case 'auto':
    case 'any':
    case 'none':
      return choice?.type;
    case 'tool': {
      const { name } = choice;
      if (name === undefined || name === null) throw missing('tool_choice.name');
      return { type: 'function', function: { name } };
    }
  }
}

/** The tool as OpenAI's API has it, which is what chat templates expect. */
function functionOf(tool: WireMessagesTool, index: number): { type: string; function: FunctionDefinition } {
  const { type, name, description, input_schema: schema, input_examples: examples, strict } = tool;
  if (type !== undefined && type !== null && type !== 'custom') {
    throw new ChatstreamError('invalid_request', `Tool ${index} is of type "${type}", which is not supported.`, {
      param: `tools.${index}.type`,
      hint: 'Only tools with an "input_schema" are supported.',
    });
  }
  if (name === undefined || name === null) throw missing(`tools.${index}.name`);
  if (schema === undefined || schema === null) {
    throw missing(`tools.${index}.input_schema`, 'In messages, a tool is {"name": "…", "input_schema": {…}}.');
  }
  return {
    type: 'function',
    function: {
      name,
      ...(description !== undefined && description !== null && { description }),
      parameters: { ...schema, ...(examples !== undefined && examples !== null && { examples }) },
      ...(strict === true && { strict }),
    },
  };
}

interface FunctionDefinition {
  readonly name: string;
  readonly description?: string;
  readonly parameters: Record<string, unknown>;
  readonly strict?: boolean;
}
