import { type Static, type TSchema, type TUnsafe, Type } from 'typebox';

/** Items of the Responses API for what a client has done with a tool that is built into OpenAI's models. */
export const hostedResults: ReadonlySet<string> = new Set([
  'apply_patch_call_output',
  'computer_call_output',
  'local_shell_call_output',
  'mcp_approval_response',
  'program_output',
  'shell_call_output',
  'tool_search_output',
]);

/** Items of the Responses API for tools that OpenAI runs itself, or that are built into its models. */
export const hostedItems: ReadonlySet<string> = new Set([
  'apply_patch_call',
  'code_interpreter_call',
  'computer_call',
  'file_search_call',
  'image_generation_call',
  'local_shell_call',
  'mcp_approval_request',
  'mcp_call',
  'mcp_list_tools',
  'program',
  'shell_call',
  'tool_search_call',
  'web_search_call',
  ...hostedResults,
]);

/** Blocks of the Messages API for tools that Anthropic runs itself. */
export const hostedBlocks: ReadonlySet<string> = new Set([
  'advisor_tool_result',
  'bash_code_execution_tool_result',
  'code_execution_tool_result',
  'mcp_tool_listing',
  'mcp_tool_result',
  'mcp_tool_use',
  'server_tool_use',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'web_fetch_tool_result',
  'web_search_tool_result',
]);

/**
 * A schema that does not look into values with one of the types: their fields may have the names of others, and other
 * values. These values are left out, so nothing reads them.
 */
export function unlessOfType<T extends TSchema>(types: ReadonlySet<string>, schema: T): TUnsafe<Static<T>> {
  return Type.Unsafe<Static<T>>({
    if: { type: 'object', required: ['type'], properties: { type: { enum: [...types] } } },
    else: schema,
  });
}
