import { items, member } from '../../../base/json.js';
import type { ResponseObject } from '../../schemas/responses/response-answers.js';
import type { FlatTool, ResponseRequest } from '../../schemas/responses/response-requests.js';
import { samplingDefaults as defaults } from '../../schemas/shared/sampling-parameters.js';
import { leftOutTools } from '../requests/hosted-tools.js';

/** What stays the same from the first event of a response to the last. */
export type ResponseFields = Omit<
  ResponseObject,
  'status' | 'completed_at' | 'error' | 'incomplete_details' | 'output' | 'usage' | 'timings'
>;

type FunctionTool = Extract<ResponseObject['tools'][number], { type: 'function' }>;
type CustomTool = Extract<ResponseObject['tools'][number], { type: 'custom' }>;

interface Head {
  readonly id: string;
  /** Unix time in seconds. */
  readonly createdAt: number;
  readonly model: string;
}

/** The id of the conversation that a response is to be part of; null for none. */
function conversationOf({ conversation }: ResponseRequest): string | null {
  return (typeof conversation === 'string' ? conversation : conversation?.id) ?? null;
}

/** What a response says about its request, with the defaults filled in. */
export function responseFields(body: ResponseRequest, { id, createdAt, model }: Head): ResponseFields {
  const { user } = body;
  const conversation = conversationOf(body);
  return {
    id,
    object: 'response',
    created_at: createdAt,
    background: false,
    model,
    instructions: body.instructions ?? null,
    max_output_tokens: limitOf(body.max_output_tokens),
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    conversation: conversation === null ? null : { id: conversation },
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: {
      effort: body.reasoning?.effort ?? body.reasoning_effort ?? null,
      summary: body.reasoning?.summary ?? null,
    },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: servedTier(body.service_tier),
    store: body.store ?? true,
    temperature: body.temperature ?? defaults.temperature,
    text: textOf(body),
    tool_choice: choiceOf(body.tool_choice),
    tools: toolsOf(body.tools ?? []),
    top_logprobs: body.top_logprobs ?? 0,
    top_p: body.top_p ?? defaults.top_p,
    truncation: body.truncation ?? 'disabled',
    ...(user !== undefined && user !== null && { user }),
  };
}

/** The published type knows no number for "no limit". */
function limitOf(wanted: number | null | undefined): number | null {
  return wanted === undefined || wanted === -1 ? null : wanted;
}

function servedTier(wanted: string | null | undefined): string {
  return wanted === undefined || wanted === null || wanted === 'auto' ? 'default' : wanted;
}

function textOf({ text, verbosity }: ResponseRequest): ResponseObject['text'] {
  return { format: formatOf(text?.format), verbosity: text?.verbosity ?? verbosity ?? 'medium' };
}

type Format = NonNullable<ResponseRequest['text']>['format'];

function formatOf(format: Format): ResponseObject['text']['format'] {
  if (format === undefined || format === null) return { type: 'text' };
  switch (format.type) {
    case 'text':
    case 'json_object':
      return { type: format.type };
    case 'json_schema': {
      const { name, description, schema, strict } = format;
      return {
        type: 'json_schema',
        name: name ?? 'answer',
        ...(description !== undefined && description !== null && { description }),
        schema: schema ?? {},
        strict: strict ?? false,
      };
    }
  }
}

/** In this API's shape, whatever shape it was requested in. It is known to be one of the supported choices. */
function choiceOf(choice: unknown): ResponseObject['tool_choice'] {
  switch (choice) {
    case 'none':
    case 'required':
      return choice;
    case 'any':
      return 'required';
  }
  if (member(choice, 'type') === 'function' || member(choice, 'type') === 'custom') return chosenTool(choice);
  if (member(choice, 'type') !== 'allowed_tools') return 'auto';
  const allowed = member(choice, 'allowed_tools') ?? choice;
  return {
    type: 'allowed_tools',
    mode: member(allowed, 'mode') === 'required' ? 'required' : 'auto',
    tools: items(member(allowed, 'tools')).map(chosenTool),
  };
}

function chosenTool(tool: unknown): { readonly type: 'function' | 'custom'; readonly name: string } {
  return { type: member(tool, 'type') === 'custom' ? 'custom' : 'function', name: nameOf(tool) };
}

function nameOf(tool: unknown): string {
  const name = member(member(tool, 'function'), 'name') ?? member(tool, 'name');
  return typeof name === 'string' ? name : '';
}

/** Those that the model gets. */
function toolsOf(tools: readonly FlatTool[]): ResponseObject['tools'] {
  const leftOut = leftOutTools(tools);
  return tools.filter((tool) => !leftOut.has(tool)).map(toolOf);
}

function toolOf(tool: FlatTool): ResponseObject['tools'][number] {
  const { type, name, description, tools } = tool;
  if (type !== 'namespace') return callableOf(tool);
  return { type, name: name ?? '', description: description ?? '', tools: (tools ?? []).map(callableOf) };
}

function callableOf(tool: FlatTool): FunctionTool | CustomTool {
  return tool.type === 'custom' ? customOf(tool) : functionOf(tool);
}

function customOf({ name, description, format }: FlatTool): CustomTool {
  const isGrammar = format?.type === 'grammar';
  return {
    type: 'custom',
    name: name ?? '',
    ...(description !== undefined && description !== null && { description }),
    format: isGrammar
      ? { type: 'grammar', syntax: format.syntax === 'regex' ? 'regex' : 'lark', definition: format.definition ?? '' }
      : { type: 'text' },
  };
}

function functionOf({ name, description, parameters, strict }: FlatTool): FunctionTool {
  return {
    type: 'function',
    name: name ?? '',
    description: description ?? null,
    parameters: parameters ?? null,
    strict: strict ?? false,
  };
}
