import type { FastifyError, FastifyRequest } from 'fastify';
import { ChatstreamError } from '../../../base/errors.js';
import { isRecord, member } from '../../../base/json.js';
import { namesIn } from '../../../base/json-pointer.js';
import { notValid, requirement } from '../../../base/mistakes/requirements.js';
import { mixedPromptsError } from './mixed-prompts.js';

type Issues = NonNullable<FastifyError['validation']>;
type Issue = Issues[number];

/** The parts of a request that schemas check. */
type Checked = Pick<FastifyRequest, 'body' | 'query' | 'params'>;

/** What a schema has found wrong with a request, as a sentence: which parameter it is, what was expected and what was given. */
export function invalidValueError(
  { validation: issues = [], validationContext: part }: Pick<FastifyError, 'validation' | 'validationContext'>,
  request: Checked,
): ChatstreamError {
  // They only say that something in it is wrong, which has an issue of its own. And null is what "left out" is written as.
  const helpful = issues.filter(
    ({ keyword, params }) =>
      keyword !== 'anyOf' && keyword !== 'if' && !(keyword === 'type' && params['type'] === 'null'),
  );
  const issue = mostHelpful(helpful) ?? issues[0];
  const steps = namesIn(issue?.instancePath ?? '');
  const checked = partOf(request, part);
  const given = steps.reduce<unknown>(member, checked.value);
  if (part === 'querystring' && Array.isArray(given)) return repeatedError(steps.join('.'));
  const named = issue?.params['missingProperty'] ?? issue?.params['additionalProperty'];
  const param = (typeof named === 'string' ? [...steps, named] : steps).join('.');
  const mixed = takesObject(issue, helpful) ? null : mixedPromptsError(param, request.body);
  if (mixed !== null) return mixed;
  const subject = param === '' ? checked.name : `"${param}"`;
  const message = `${subject} ${complaint(issue, helpful, { param, given })}.`;
  const isObject = isRecord(given) && !Array.isArray(given);
  const isNoBody = param === '' && part === 'body' && !isObject;
  const hint = isNoBody ? 'Send one JSON object.' : (hintFor(param) ?? elsewhereHint(param, checked.value));
  return new ChatstreamError('invalid_request', message, {
    ...(param !== '' && { param }),
    ...(hint !== null && { hint }),
  });
}

/** For a parameter of a query, which is a text unless it comes more than once. */
function repeatedError(param: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" is given more than once.`, {
    param,
    hint: 'Give it once.',
  });
}

/** Whether the value may be an object, which no prompt is. */
function takesObject(issue: Issue | undefined, all: Issues): boolean {
  return all.some(({ instancePath, params }) => instancePath === issue?.instancePath && params['type'] === 'object');
}

function partOf({ body, query, params }: Checked, part: string | undefined): { name: string; value: unknown } {
  if (part === 'querystring') return { name: 'The query', value: query };
  return part === 'params' ? { name: 'The path', value: params } : { name: 'The body', value: body };
}

interface Value {
  readonly param: string;
  readonly given: unknown;
}

/** What is wrong, as the rest of a sentence that begins with the parameter's name. */
function complaint(issue: Issue | undefined, all: Issues, { param, given }: Value): string {
  if (issue === undefined) return notValid;
  // An empty body is null.
  const isMissing = given === undefined || (param === '' && given === null);
  if (issue.keyword === 'required' || isMissing) return 'is missing';
  if (issue.keyword === 'additionalProperties') return 'is not a known field';
  const sameValue = all.filter(({ instancePath }) => instancePath === issue.instancePath);
  const meant = issue.keyword === 'pattern' ? patterns[param] : requirement(issue, sameValue);
  if (meant === undefined || meant === null) return notValid;
  const found = foundBy(issue, given);
  return found === null ? meant : `${meant}, not ${found}`;
}

/** What patterns stand for, by the parameters that have one. */
const patterns: Readonly<Record<string, string>> = {
  hours: 'must be a whole number from 1 to 99999',
  limit: 'must be a whole number from 1 to 100',
};

/** What was given, as far as it matters for the complaint; null if nothing has to be said. */
function foundBy({ keyword, params }: Issue, given: unknown): string | null {
  switch (keyword) {
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return params['limit'] === 1 ? null : String(sizeOf(given));
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return String(sizeOf(given));
    case 'enum':
    case 'const':
    case 'pattern':
      return typeof given === 'string' && given.length <= longestQuote ? JSON.stringify(given) : described(given);
    default:
      return described(given);
  }
}

/** In characters. */
const longestQuote = 40;

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  return isRecord(value) ? Object.keys(value).length : 0;
}

/** Errors are logged, and texts may be what people have written: they are not quoted, unless they are values of another type. */
function described(value: unknown): string {
  if (typeof value === 'string') {
    return /^(?:-?[\d.]{1,20}|true|false|null)$/.test(value) ? `the string ${JSON.stringify(value)}` : 'a string';
  }
  if (Array.isArray(value)) return 'an array';
  return isRecord(value) ? 'an object' : String(value);
}

/** For parameters that mean something else in another API, and for names that mean something. */
function hintFor(param: string): string | null {
  if (param === 'logprobs') {
    return 'Completions take a number, 0 to 20; chats take true or false, and the number as "top_logprobs".';
  }
  return param === 'logit_bias' || param.startsWith('logit_bias.')
    ? 'Its names are numbers of tokens, and its values are from -100 to 100.'
    : null;
}

/** The parameter that says what to answer, and the APIs that take it. */
const apis: Readonly<Record<string, string>> = {
  messages: '/v1/chat/completions and /v1/messages',
  prompt: '/v1/completions',
  input: '/v1/responses and /v1/embeddings',
};

/** For a body without the parameter that says what to answer; null unless it has that of another API. */
function elsewhereHint(param: string, body: unknown): string | null {
  if (!Object.hasOwn(apis, param) || !isRecord(body) || Object.hasOwn(body, param)) return null;
  const other = Object.keys(apis).find((name) => Object.hasOwn(body, name));
  return other === undefined ? null : `The body has "${other}" instead, which is for ${apis[other] ?? ''}.`;
}

/**
 * The issue that helps a person most. A parameter that may have several types gets issues for each of them: an issue about
 * the type that was sent says more than that it is not one of the others, and an issue about a part says more than one
 * about the whole.
 */
function mostHelpful(issues: Issues): Issue | undefined {
  const aboutType = ({ keyword }: Issue): number => (keyword === 'type' ? 1 : 0);
  const depth = ({ instancePath }: Issue): number => instancePath.split('/').length;
  return issues.toSorted((a, b) => aboutType(a) - aboutType(b) || depth(b) - depth(a))[0];
}
