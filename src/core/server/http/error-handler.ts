import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { errorBody, httpStatus } from '../protocol/http-errors.js';

/** Answers with OpenAI's error shape, whatever went wrong. */
export function sendError(error: ChatstreamError, reply: FastifyReply): void {
  if (reply.sent) return;
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
  if (error.code === 'invalid_api_key') reply.header('www-authenticate', 'Bearer');
  void reply.code(httpStatus(error.code)).send(errorBody(error));
}

/** Fastify's own errors (validation, body parsing) and anything thrown, as one of ours. */
export function toChatstreamError(error: unknown, request: FastifyRequest): ChatstreamError {
  if (error instanceof ChatstreamError) return error;
  if (!isFastifyError(error)) return internalError(error);
  if (error.validation !== undefined) return validationError(error.validation);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ChatstreamError('body_too_large', 'The request body is too large.', {
        hint: `At most ${request.routeOptions.bodyLimit} bytes are accepted; the server's --max-body changes that.`,
      });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ChatstreamError('invalid_request', 'The body is not declared as JSON.', {
        hint: 'Send the header "Content-Type: application/json".',
      });
    default:
      break;
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new ChatstreamError('invalid_request', `The request could not be read: ${error.message}.`, {
      hint: 'Send one JSON object.',
    });
  }
  return internalError(error);
}

export function notFound(request: FastifyRequest): ChatstreamError {
  return new ChatstreamError('not_found', `There is no ${request.method} ${request.url.split('?', 1)[0] ?? ''} here.`, {
    hint: 'See /openapi.json for what there is.',
  });
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

type ValidationIssues = NonNullable<FastifyError['validation']>;
type ValidationIssue = ValidationIssues[number];

function validationError(issues: ValidationIssues): ChatstreamError {
  const helpful = issues.filter(
    ({ keyword, params }) => keyword !== 'anyOf' && !(keyword === 'type' && params['type'] === 'null'),
  );
  const issue = mostTelling(helpful) ?? issues[0];
  const path = (issue?.instancePath ?? '').split('/').filter((part) => part !== '');
  const named = issue?.params['missingProperty'] ?? issue?.params['additionalProperty'];
  if (typeof named === 'string') path.push(named);
  const param = path.join('.');
  const subject = param === '' ? 'The body' : `"${param}"`;
  const message = `${subject} ${complaint(issue, helpful)}.`;
  return new ChatstreamError('invalid_request', message, param === '' ? {} : { param });
}

/** What is wrong, in words that follow the parameter's name. */
function complaint(issue: ValidationIssue | undefined, all: ValidationIssues): string {
  if (issue === undefined) return 'is not valid';
  switch (issue.keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
      return 'is not known here';
    case 'enum':
      return `must be one of ${JSON.stringify(issue.params['allowedValues'])}`;
    case 'type': {
      const sameValue = all.filter((other) => other.keyword === 'type' && other.instancePath === issue.instancePath);
      return `must be ${[...new Set(sameValue.map(({ params }) => String(params['type'])))].join(' or ')}`;
    }
    default:
      return issue.message ?? 'is not valid';
  }
}

/**
 * Of the complaints about one parameter, the one that a person can act on. A parameter that may be of several types draws
 * complaints for each: what is said of the type that was sent tells more than that it is not one of the others, and what
 * is said of a part tells more than what is said of the whole.
 */
function mostTelling(issues: ValidationIssues): ValidationIssue | undefined {
  const aboutType = ({ keyword }: ValidationIssue): number => (keyword === 'type' ? 1 : 0);
  const depth = ({ instancePath }: ValidationIssue): number => instancePath.split('/').length;
  return issues.toSorted((a, b) => aboutType(a) - aboutType(b) || depth(b) - depth(a))[0];
}

function internalError(cause: unknown): ChatstreamError {
  return new ChatstreamError('internal', `Something went wrong in the server: ${messageOf(cause)}.`, {
    hint: 'The server log has the details.',
    cause,
  });
}
