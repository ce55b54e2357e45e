import { ChatstreamError } from '../../../base/errors.js';
import { isRecord, items, member } from '../../../base/json.js';
import type { JsonObject } from '../../../engine/engine.js';
import type { CallDemand, OutputFormat, Tool } from '../../../engine/output-format.js';
import type { ChatCompletionRequest, WireTool } from '../../schemas/completions/completion-requests.js';
import { missing, refuseDeep } from './refused-parameters.js';

/** The tools of a request, as the chat template gets them and as the model may call them. */
export interface RequestedTools {
  readonly definitions: readonly JsonObject[];
  readonly demand: CallDemand;
}

type ToolParameters = Pick<ChatCompletionRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'>;

/** The parameters that have the name and the schema of the tool with an index. */
export interface ToolParams {
  readonly name: (index: number) => string;
  readonly schema: (index: number) => string;
}

const chatParams: ToolParams = {
  name: (index) => `tools.${index}.function.name`,
  schema: (index) => `tools.${index}.function.parameters`,
};

/**
 * The tools of a chat request, with the rules of OpenAI's chat API.
 *
 * @returns null if the model may not call any
 * @throws ChatstreamError `invalid_request`
 */
export function requestedTools(body: ToolParameters, params: ToolParams = chatParams): RequestedTools | null {
  const definitions = body.tools ?? [];
  refuseDeep(definitions, 'tools', 'The value of "tools"');
  const tools = definitions.map((tool, index) => toolOf(tool, index, params.schema(index)));
  refuseRepeated(tools, params);
  const choice = choiceOf(body.tool_choice);
  if (choice.type === 'none' || (tools.length === 0 && choice.type === 'auto')) return null;
  const allowed = choice.names === null ? tools : toolsCalled(choice.names, tools);
  if (allowed.length === 0) {
    throw new ChatstreamError('invalid_request', '"tool_choice" requires a call, but there are no tools.', {
      param: 'tool_choice',
      hint: 'Send the functions in "tools", or leave "tool_choice" out.',
    });
  }
  const isParallel = body.parallel_tool_calls ?? null;
  return {
    definitions,
    demand: {
      tools: allowed,
      isRequired: choice.type === 'required',
      // A request for one function gets one call, as with OpenAI.
      isParallel: choice.isSingle ? false : isParallel,
    },
  };
}

/** The format of answers that may be calls, or have another format. */
export function withCalls(requested: RequestedTools | null, format: OutputFormat): OutputFormat {
  if (requested === null || format.type === 'calls') return format;
  return { type: 'calls', demand: requested.demand, otherwise: format };
}

function toolOf({ type, function: called }: WireTool, index: number, param: string): Tool {
  if (type !== 'function') {
    throw new ChatstreamError('invalid_request', `Tool ${index} is of type "${type}".`, {
      param: `tools.${index}.type`,
      hint: 'Only functions are supported.',
    });
  }
  if (called === undefined || called === null) {
    const hint = 'In chats, a tool is {"type": "function", "function": {"name": "…", "parameters": {…}}}.';
    throw missing(`tools.${index}.function`, hint);
  }
  const { name, parameters, strict } = called;
  refuseOtherTypes(name, parameters?.['type'], param);
  return {
    name,
    ...(parameters !== undefined && parameters !== null && { parameters }),
    isStrict: strict === true,
    param,
  };
}

/**
 * A function whose arguments cannot be an object can never be called. Gemini's clients write types in capitals.
 */
function refuseOtherTypes(name: string, type: unknown, param: string): void {
  if (type === undefined || type === null || [type, ...items(type)].some(isObject)) return;
  throw new ChatstreamError(
    'invalid_request',
    `The schema of ${name} at /type cannot be used: the arguments of a function are an object.`,
    { param, hint: 'Describe the arguments as the properties of an object.' },
  );
}

function isObject(type: unknown): boolean {
  return typeof type === 'string' && type.toLowerCase() === 'object';
}

function refuseRepeated(tools: readonly Tool[], params: ToolParams): void {
  const names = new Set<string>();
  for (const [index, { name }] of tools.entries()) {
    if (names.has(name)) {
      throw new ChatstreamError('invalid_request', `There are two tools called ${JSON.stringify(name)}.`, {
        param: params.name(index),
      });
    }
    names.add(name);
  }
}

type Choice =
  | { readonly type: 'none' }
  /** `names`: null for all tools. */
  | { readonly type: 'auto' | 'required'; readonly names: readonly string[] | null; readonly isSingle: boolean };

function choiceOf(choice: unknown): Choice {
  switch (choice) {
    case undefined:
    case null:
    case 'auto':
      return { type: 'auto', names: null, isSingle: false };
    case 'none':
      return { type: 'none' };
    // Mistral's name for it is "any".
    case 'required':
    case 'any':
      return { type: 'required', names: null, isSingle: false };
  }
  const name = member(member(choice, 'function'), 'name') ?? member(choice, 'name');
  const type = member(choice, 'type');
  // Only the Responses API has custom tools; in chats, there is none of that name.
  if ((type === 'function' || type === 'custom') && typeof name === 'string') {
    return { type: 'required', names: [name], isSingle: true };
  }
  // The Responses API has them in the choice itself.
  const allowed = member(choice, 'allowed_tools') ?? choice;
  if (type === 'allowed_tools' && isRecord(allowed)) return allowedTools(allowed);
  throw unknownChoice();
}

function unknownChoice(): ChatstreamError {
  return new ChatstreamError('invalid_request', 'The value of "tool_choice" is not known.', {
    param: 'tool_choice',
    hint: 'Use "none", "auto", "required" or {"type": "function", "function": {"name": "…"}}.',
  });
}

function allowedTools(allowed: JsonObject): Choice {
  const names = items(allowed['tools']).flatMap((tool) => {
    const name = member(member(tool, 'function'), 'name') ?? member(tool, 'name');
    return typeof name === 'string' ? [name] : [];
  });
  const mode = (['auto', 'required'] as const).find((known) => known === allowed['mode']);
  if (mode === undefined && allowed['mode'] !== undefined) throw unknownChoice();
  if (mode !== 'required' && names.length === 0) return { type: 'none' };
  return { type: mode ?? 'auto', names, isSingle: false };
}

/** The tools with these names, each once, because a megabyte can repeat a name 50,000 times. */
function toolsCalled(names: readonly string[], tools: readonly Tool[]): readonly Tool[] {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return [...new Set(names)].map((name) => {
    const tool = byName.get(name);
    if (tool !== undefined) return tool;
    throw new ChatstreamError('invalid_request', `"tool_choice" names ${JSON.stringify(name)}, which is not a tool.`, {
      param: 'tool_choice',
      hint: 'Name one of the functions in "tools".',
    });
  });
}
