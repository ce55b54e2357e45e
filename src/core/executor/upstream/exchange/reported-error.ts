import { isRecord, member, nonEmpty } from '../../../base/json.js';

/** An error that an upstream reports as an event of its stream, or as an answer with a status of 200. */
export interface ReportedError {
  readonly message: string;
  /**
   * The HTTP status that says the same of the request, from 400 to 499: it says nothing about others. Null where the upstream
   * itself is to blame.
   */
  readonly status: number | null;
  /** The error as the body of an answer that is no stream. */
  readonly body: object;
}

const refusal = 400;

/** These are about the upstream, its key, its account or its load, although they begin with a 4. */
const upstreamStatuses: ReadonlySet<unknown> = new Set([401, 402, 403, 408, 429]);

/** What servers call a request that they cannot serve: llama-server, vLLM, SGLang, and the APIs of OpenAI and Anthropic. */
const requestFault = /^(?:invalid_\w+|BadRequestError|(?:context_length|exceed_context_size)\w*|request_too_large)$/;

/** Also of type `invalid_request_error`, but about the upstream's key and not the client's. */
const keyFault = 'invalid_api_key';

/** The error in an event; null if there is none. */
export function reportedErrorIn(data: unknown): ReportedError | null {
  // The Responses API has the message of an error event beside its type, and some servers beside the kind of object.
  const own = member(data, 'type') === 'error' || member(data, 'object') === 'error' ? data : undefined;
  const error = member(data, 'error') ?? member(member(data, 'response'), 'error') ?? own;
  if (error === undefined || error === null) return null;
  const message = nonEmpty(member(error, 'message')) ?? nonEmpty(error) ?? 'an error without a message';
  const isWhole = isRecord(data) && isRecord(data['error']);
  return { message, status: statusOf(error), body: isWhole ? data : { error: { ...asRecord(error), message } } };
}

/** A number decides before a name does. */
function statusOf(error: unknown): number | null {
  const names = [member(error, 'code'), member(error, 'type'), member(error, 'status')];
  const status = names.find((name) => typeof name === 'number' && name >= 100);
  if (typeof status === 'number') return status >= 400 && status < 500 && !upstreamStatuses.has(status) ? status : null;
  if (names.includes(keyFault)) return null;
  return names.some((name) => typeof name === 'string' && requestFault.test(name)) ? refusal : null;
}

function asRecord(value: unknown): object {
  return isRecord(value) ? value : {};
}
