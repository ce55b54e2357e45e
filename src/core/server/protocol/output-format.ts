import { ChatstreamError } from '../../base/errors.js';
import { isRecord } from '../../base/json.js';
import type { ConstrainedFormat, OutputFormat } from '../../engine/engine.js';
import type { GenerationParameters } from '../schemas/completion-requests.js';
import { missing, refuseDeep } from './refused-parameters.js';

type Given<T> = T | null | undefined;
type Schema = Readonly<Record<string, unknown>>;

/**
 * The format of the answer, from the parameters of OpenAI, llama-server, vLLM, SGLang and Ollama.
 *
 * @param elsewhere a format that is asked for in the same shape as OpenAI's `response_format`, but elsewhere
 * @throws ChatstreamError `invalid_request` for parameters that ask for different formats, and for schemas that are none
 */
export function outputFormat(body: GenerationParameters, elsewhere?: FormatElsewhere): OutputFormat {
  const given = [fromResponseFormat(elsewhere?.format, elsewhere?.param), ...givenFormats(body)];
  const [first, ...others] = given.filter((format) => format !== null);
  if (first === undefined) return { type: 'text' };
  const other = others.find((format) => contentOf(format) !== contentOf(first));
  if (other === undefined) return first;
  const message = `"${first.param}" and "${other.param}" ask for different formats of the answer.`;
  throw new ChatstreamError('invalid_request', message, { param: other.param, hint: 'Send only one of them.' });
}

interface FormatElsewhere {
  readonly format: GenerationParameters['response_format'];
  readonly param: string;
}

type NamedFormat = ConstrainedFormat & { readonly param: string };

function givenFormats(body: GenerationParameters): readonly (NamedFormat | null)[] {
  const { structured_outputs: structured } = body;
  return [
    // OpenAI
    fromResponseFormat(body.response_format),
    // llama-server
    fromSchema('json_schema', body.json_schema),
    fromGrammar('grammar', body.grammar),
    // SGLang, whose json_schema is the same as text
    fromGrammar('ebnf', body.ebnf),
    fromRegex('regex', body.regex),
    // vLLM
    fromSchema('structured_outputs.json', structured?.json),
    structured?.json_object === true ? { type: 'json_object', param: 'structured_outputs.json_object' } : null,
    fromChoice('structured_outputs.choice', structured?.choice),
    fromRegex('structured_outputs.regex', structured?.regex),
    fromGrammar('structured_outputs.grammar', structured?.grammar),
    // vLLM before 0.12
    fromSchema('guided_json', body.guided_json),
    fromChoice('guided_choice', body.guided_choice),
    fromRegex('guided_regex', body.guided_regex),
    fromGrammar('guided_grammar', body.guided_grammar),
    // Ollama
    body.format === 'json' ? { type: 'json_object', param: 'format' } : fromSchema('format', body.format),
  ];
}

function contentOf(format: NamedFormat): string {
  return JSON.stringify({ ...format, param: undefined });
}

/** The schema is where OpenAI has it, or at the top, as llama-server and together.ai have it. */
function fromResponseFormat(
  given: GenerationParameters['response_format'],
  param = 'response_format',
): NamedFormat | null {
  if (given === undefined || given === null || given.type === 'text') return null;
  const schema = given.json_schema?.schema ?? given.schema ?? null;
  if (given.type === 'json_schema' && schema === null) {
    throw missing(param === 'response_format' ? `${param}.json_schema` : `${param}.schema`);
  }
  const isOfAnyObject = given.type === 'json_object' && Object.keys(schema ?? {}).length === 0;
  return isOfAnyObject ? { type: 'json_object', param } : fromSchema(param, schema);
}

function fromSchema(param: string, given: Given<Schema | string>): NamedFormat | null {
  if (given === undefined || given === null || given === '') return null;
  const schema = typeof given === 'string' ? parsed(param, given) : given;
  refuseDeep(schema, param, 'The JSON schema');
  return { type: 'json_schema', schema, param };
}

function parsed(param: string, text: string): Schema {
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
