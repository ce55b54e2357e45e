import { ChatstreamError } from '../../../base/errors.js';
import { hasManyNames, hasManyShortStrings, isRecord, jsonSize } from '../../../base/json.js';
import type { ConstrainedFormat, OutputFormat } from '../../../engine/output-format.js';
import type { GenerationParameters } from '../../schemas/completions/completion-requests.js';
import { missing, refuseDeep } from './refused-parameters.js';

type Given<T> = T | null | undefined;
type Schema = Readonly<Record<string, unknown>>;

/**
 * The format of the answer, from the parameters of OpenAI, llama-server, vLLM, SGLang and Ollama.
 *
 * @param own formats that only the protocol of the request has
 * @throws ChatstreamError `invalid_request` for parameters that request different formats, and for invalid schemas
 */
export function outputFormat(body: GenerationParameters, own: readonly (NamedFormat | null)[] = []): OutputFormat {
  const [first, ...others] = [...own, ...givenFormats(body)].filter((format) => format !== null);
  if (first === undefined) return { type: 'text' };
  const other = others.find((format) => contentOf(format) !== contentOf(first));
  if (other === undefined) return first;
  const message = `"${first.param}" and "${other.param}" ask for different formats of the answer.`;
  throw new ChatstreamError('invalid_request', message, { param: other.param, hint: 'Send only one of them.' });
}

type NamedFormat = ConstrainedFormat & { readonly param: string };

function givenFormats(body: GenerationParameters): readonly (NamedFormat | null)[] {
  const { structured_outputs: structured } = body;
  return [
    // OpenAI
    fromResponseFormat(body.response_format),
    // llama-server
    schemaFormat('json_schema', body.json_schema),
    fromGrammar('grammar', body.grammar),
    // SGLang, whose json_schema is the same as text
    fromGrammar('ebnf', body.ebnf),
    fromRegex('regex', body.regex),
    // vLLM
    schemaFormat('structured_outputs.json', structured?.json),
    structured?.json_object === true ? { type: 'json_object', param: 'structured_outputs.json_object' } : null,
    fromChoice('structured_outputs.choice', structured?.choice),
    fromRegex('structured_outputs.regex', structured?.regex),
    fromGrammar('structured_outputs.grammar', structured?.grammar),
    // vLLM before 0.12
    schemaFormat('guided_json', body.guided_json),
    fromChoice('guided_choice', body.guided_choice),
    fromRegex('guided_regex', body.guided_regex),
    fromGrammar('guided_grammar', body.guided_grammar),
    // Ollama
    body.format === 'json' ? { type: 'json_object', param: 'format' } : schemaFormat('format', body.format),
  ];
}

function contentOf(format: NamedFormat): string {
  return JSON.stringify({ ...format, param: undefined });
}

/** The schema is where OpenAI has it, or at the top, as llama-server and together.ai have it. */
export function fromResponseFormat(
  given: GenerationParameters['response_format'],
  param = 'response_format',
): NamedFormat | null {
  if (given === undefined || given === null || given.type === 'text') return null;
  const schema = given.json_schema?.schema ?? given.schema ?? null;
  if (given.type === 'json_schema' && schema === null) {
    throw missing(param === 'response_format' ? `${param}.json_schema` : `${param}.schema`);
  }
  const isOfAnyObject = given.type === 'json_object' && Object.keys(schema ?? {}).length === 0;
  return isOfAnyObject ? { type: 'json_object', param } : schemaFormat(param, schema);
}

/** A JSON schema, or its text; null if there is none. @throws ChatstreamError `invalid_request` */
export function schemaFormat(param: string, given: Given<Schema | string>): NamedFormat | null {
  if (given === undefined || given === null || given === '') return null;
  const schema = typeof given === 'string' ? parsed(param, given) : given;
  refuseDeep(schema, param, 'The JSON schema');
  return { type: 'json_schema', schema, param };
}

/** What the text of a schema may have: as much as any body. Levels are counted later, as those of all schemas. */
const most = { containers: 50_000, levels: Infinity, members: Infinity, strings: Infinity };
const mostNames = 20_000;
const mostStrings = 30_000;

function parsed(param: string, text: string): Schema {
  const { containers, members, strings } = jsonSize(text, most);
  if (
    containers > most.containers ||
    (members > mostNames && hasManyNames(text, mostNames)) ||
    (strings > mostStrings && hasManyShortStrings(text, mostStrings))
  ) {
    throw new ChatstreamError('invalid_request', `The JSON schema in "${param}" is too large.`, {
      param,
      hint: `At most ${most.containers} objects and lists, ${mostNames} different names of members and ${mostStrings} different strings are supported.`,
    });
  }
  try {
    const schema: unknown = JSON.parse(text);
    if (isRecord(schema) && !Array.isArray(schema)) return schema;
  } catch {
    // The same answer as for other JSON.
  }
  throw new ChatstreamError('invalid_request', `"${param}" is text, but not the JSON text of a schema.`, { param });
}

function fromChoice(param: string, choices: Given<readonly string[]>): NamedFormat | null {
  return choices === undefined || choices === null ? null : { type: 'choice', choices, param };
}

function fromRegex(param: string, regex: Given<string>): NamedFormat | null {
  return regex === undefined || regex === null || regex === '' ? null : { type: 'regex', regex, param };
}

function fromGrammar(param: string, grammar: Given<string>): NamedFormat | null {
  return grammar === undefined || grammar === null || grammar === '' ? null : { type: 'grammar', grammar, param };
}
