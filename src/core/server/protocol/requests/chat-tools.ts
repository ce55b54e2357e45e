import { ChatstreamError } from '../../../base/errors.js';
import { member } from '../../../base/json.js';
import type { ChatCompletionRequest } from '../../schemas/completions/completion-requests.js';
import { refuseDeep } from './refused-parameters.js';
import { type RequestedTools, requestedTools, type ToolParams } from './tool-requests.js';

/** The two forms of calls in OpenAI's chat API: today's, and a single one as it was before there were tools. */
export type CallForm = 'tool_calls' | 'function_call';

type CallParameters = Pick<
  ChatCompletionRequest,
  'tools' | 'tool_choice' | 'parallel_tool_calls' | 'functions' | 'function_call'
>;

const functionParams: ToolParams = {
  name: (index) => `functions.${index}.name`,
  schema: (index) => `functions.${index}.parameters`,
};

/** The form of calls in the answer, which is that of the request. */
export function callFormOf({ functions }: Pick<CallParameters, 'functions'>): CallForm {
  return (functions ?? []).length === 0 ? 'tool_calls' : 'function_call';
}

/**
 * The tools of a chat request, which may come as `functions`.
 *
 * @returns null if the model may not call any
 * @throws ChatstreamError `invalid_request`
 */
export function chatTools(body: CallParameters): RequestedTools | null {
  const functions = body.functions ?? [];
  const named = calledName(body.function_call);
  if (named !== null && functions.every(({ name }) => name !== named)) {
    throw new ChatstreamError(
      'invalid_request',
      `"function_call" names ${JSON.stringify(named)}, which is not in "functions".`,
      { param: 'function_call', hint: 'For "tools", send "tool_choice".' },
    );
  }
  if (functions.length === 0) return requestedTools(body);
  if ((body.tools ?? []).length > 0) {
    throw new ChatstreamError('invalid_request', '"functions" and "tools" exclude each other.', {
      param: 'functions',
      hint: 'Send all functions in "tools".',
    });
  }
  const tools = functions.map((each) => ({ type: 'function', function: each }));
  refuseDeep(tools, 'functions', 'The value of "functions"');
  const choice = named === null ? body.function_call : { type: 'function', name: named };
  // Its answer has room for one call.
  const asTools = { tools, tool_choice: choice ?? body.tool_choice, parallel_tool_calls: false };
  return requestedTools(asTools, functionParams);
}

/** The function that must be called; null if the model decides, or may call none. */
function calledName(choice: unknown): string | null {
  if (choice === undefined || choice === null || choice === 'auto' || choice === 'none') return null;
  const name = member(choice, 'name');
  if (typeof name === 'string') return name;
  throw new ChatstreamError('invalid_request', 'The value of "function_call" is not known.', {
    param: 'function_call',
    hint: 'Use "none", "auto" or {"name": "…"}.',
  });
}
