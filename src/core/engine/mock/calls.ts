import { isRecord, items } from '../../base/json.js';
import type { CallDemand, Tool } from '../output-format.js';

/**
 * The calls with which the mock answers, in the syntax that is read if a model has none of its own. It calls the tools
 * whose names the message contains, in that order, and after each name takes a JSON object as the arguments. If a call
 * is required and none of these is left to make, it calls the first tool that the message does not name: for agents
 * whose answer is also a call, that is the answer. Without arguments, it makes up the smallest ones that the schema
 * suggests.
 *
 * @param isAnswered whether calls have already answered the message; then only required calls are made
 */
export function mockCalls(
  message: string,
  isAnswered: boolean,
  { tools, isRequired, isParallel }: CallDemand,
): readonly string[] {
  const named = mentions(message, tools);
  const left = isAnswered ? [] : named;
  const other = tools.find((tool) => named.every((mention) => mention.tool !== tool)) ?? tools[0];
  const wanted = left.length === 0 && isRequired && other !== undefined ? [{ tool: other, rest: '' }] : left;
  return wanted.slice(0, isParallel === false ? 1 : wanted.length).map(({ tool, rest }) => {
    const given = objectAtStart(rest) ?? sampleArguments(tool.parameters ?? {});
    return `<tool_call>\n${JSON.stringify({ name: tool.name, arguments: given })}\n</tool_call>`;
  });
}

interface Mention {
  readonly tool: Tool;
  /** The message after the name. */
  readonly rest: string;
}

function mentions(message: string, tools: readonly Tool[]): readonly Mention[] {
  const found = tools.flatMap((tool) => {
    const at = message.indexOf(tool.name);
    return at === -1 ? [] : [{ tool, at, rest: message.slice(at + tool.name.length) }];
  });
  return found.sort((one, other) => one.at - other.at);
}

/** The JSON object with which a text begins; null if there is none. */
function objectAtStart(text: string): object | null {
  const start = text.trimStart();
  if (!start.startsWith('{')) return null;
  for (let end = start.indexOf('}'); end !== -1; end = start.indexOf('}', end + 1)) {
    try {
      const value: unknown = JSON.parse(start.slice(0, end + 1));
      return isRecord(value) ? value : null;
    } catch {
      // A brace inside of it: the object continues.
    }
  }
  return null;
}

const samples: Readonly<Record<string, unknown>> = {
  string: 'mock',
  number: 1,
  integer: 1,
  boolean: true,
  null: null,
  array: [],
};

/** Whatever the schema says, arguments are an object. */
function sampleArguments(schema: Readonly<Record<string, unknown>>): object {
  const sample = sampleOf({ ...schema, type: 'object' });
  return isRecord(sample) && !Array.isArray(sample) ? sample : {};
}

/** A value for a plain schema. */
function sampleOf(schema: unknown): unknown {
  if (!isRecord(schema)) return 'mock';
  if ('const' in schema) return schema['const'];
  const [option] = [...items(schema['enum']), ...items(schema['anyOf']).map(sampleOf)];
  if (option !== undefined) return option;
  const [type] = Array.isArray(schema['type']) ? items(schema['type']) : [schema['type']];
  if (type === 'object') return sampleObject(schema);
  return typeof type === 'string' ? samples[type] : 'mock';
}

function sampleObject({ properties, required }: Readonly<Record<string, unknown>>): object {
  const names = items(required).filter((name) => typeof name === 'string');
  return Object.fromEntries(names.map((name) => [name, sampleOf(isRecord(properties) ? properties[name] : {})]));
}
