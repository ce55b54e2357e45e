import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import { expect, it } from 'vitest';
import { hostedBlocks, hostedItems } from '../../../../../src/core/server/schemas/shared/hosted-calls.js';

type Use = 'read' | 'left out' | 'refused';

type Item = NonNullable<OpenAI.Responses.ResponseInputItem['type']>;
type Block = Anthropic.Beta.BetaContentBlockParam['type'];

/** All that the official client can send: the compiler says if there is another type. */
const items: Readonly<Record<Item, Use>> = {
  additional_tools: 'refused',
  apply_patch_call: 'left out',
  apply_patch_call_output: 'left out',
  code_interpreter_call: 'left out',
  compaction: 'refused',
  compaction_trigger: 'refused',
  computer_call: 'left out',
  computer_call_output: 'left out',
  custom_tool_call: 'read',
  custom_tool_call_output: 'read',
  file_search_call: 'left out',
  function_call: 'read',
  function_call_output: 'read',
  image_generation_call: 'left out',
  item_reference: 'read',
  local_shell_call: 'left out',
  local_shell_call_output: 'left out',
  mcp_approval_request: 'left out',
  mcp_approval_response: 'left out',
  mcp_call: 'left out',
  mcp_list_tools: 'left out',
  message: 'read',
  program: 'left out',
  program_output: 'left out',
  reasoning: 'read',
  shell_call: 'left out',
  shell_call_output: 'left out',
  tool_search_call: 'left out',
  tool_search_output: 'left out',
  web_search_call: 'left out',
};

const blocks: Readonly<Record<Block, Use>> = {
  advisor_tool_result: 'left out',
  bash_code_execution_tool_result: 'left out',
  code_execution_tool_result: 'left out',
  compaction: 'refused',
  container_upload: 'refused',
  document: 'read',
  fallback: 'read',
  image: 'refused',
  mcp_tool_listing: 'left out',
  mcp_tool_result: 'left out',
  mcp_tool_use: 'left out',
  redacted_thinking: 'read',
  search_result: 'read',
  server_tool_use: 'left out',
  text: 'read',
  text_editor_code_execution_tool_result: 'left out',
  thinking: 'read',
  tool_addition: 'refused',
  tool_removal: 'refused',
  tool_result: 'read',
  tool_search_tool_result: 'left out',
  tool_use: 'read',
  web_fetch_tool_result: 'left out',
  web_search_tool_result: 'left out',
};

const leftOut = (uses: Readonly<Record<string, Use>>): readonly string[] =>
  Object.keys(uses).filter((type) => uses[type] === 'left out');

it('knows each published item and block of tools that a provider runs', () => {
  expect([...hostedItems].toSorted()).toEqual(leftOut(items));
  expect([...hostedBlocks].toSorted()).toEqual(leftOut(blocks));
});
