import { ChatstreamError } from '../../../base/errors.js';
import { SchemaRules } from '../../format/compile-format.js';
import type { JsonRules } from '../../grammar/json-rules.js';
import type { Subject } from '../../grammar/limits.js';
import type { Tool } from '../../output-format.js';
import type { CallableTool } from '../dialect.js';

/** Without parameters, as OpenAI defines it: a function without any. */
const noParameters = { type: 'object', properties: {}, additionalProperties: false };

/**
 * A tool with the rules for its arguments.
 *
 * For a tool that is not strict, keywords that cannot be enforced are left out, and any JSON object is allowed if the
 * schema is invalid, or if the rest of it allows nothing.
 *
 * @param isHeld whether its schema is enforced; if not, a tool that is not strict takes any JSON object
 * @throws ChatstreamError `invalid_request` for a strict tool whose schema cannot be enforced, `grammar_too_complex`
 */
export function callableTool(json: JsonRules, tool: Tool, index: number, isHeld: boolean): CallableTool {
  const { name, param = `tools.${index}.function.parameters` } = tool;
  const subject: Subject = { param, name: `The schema of ${name}` };
  const free = (): CallableTool => ({ tool, arguments: json.object, properties: null });
  if (!isHeld && !tool.isStrict) return free();
  const schema = { ...(tool.parameters ?? noParameters), type: 'object' };
  try {
    const rules = new SchemaRules(json, schema, subject, !tool.isStrict);
    if (rules.isEmptied) return free();
    return { tool, arguments: rules.root, properties: rules.properties };
  } catch (error) {
    const isWrong = error instanceof ChatstreamError && error.code === 'invalid_request';
    if (tool.isStrict || !isWrong) throw error;
    return free();
  }
}
