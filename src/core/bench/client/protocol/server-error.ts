import { isRecord, member, nonEmpty } from '../../../base/json.js';

/** The error that a server sends instead of an answer, or of the rest of one. */
export interface ServerError {
  /** Its own name for the error; null if it has none. */
  readonly code: string | null;
  /** OpenAI's type of error, such as `rate_limit_error`; null if it names none. */
  readonly type: string | null;
  /** The HTTP status, if it is in the error itself. */
  readonly status: number | null;
  readonly message: string;
}

const longestMessage = 300;

/**
 * The error in a JSON answer or in the data of an event; null if there is none. Besides OpenAI's
 * `{"error": {"message", "type", "code"}}`, as most servers write it, there are `{"error": "…", "error_type": "…"}`
 * (text-generation-inference) and `{"object": "error", "message", "type", "code": 400}` (SGLang, older vLLM).
 */
export function serverErrorIn(json: unknown): ServerError | null {
  const error = member(json, 'error');
  if (isRecord(error)) return fromFields(error);
  const text = nonEmpty(error);
  if (text !== null) return fromFields({ message: text, type: member(json, 'error_type') });
  return member(json, 'object') === 'error' ? fromFields(json) : null;
}

/** The same for the whole body of an answer that is not 2xx: there it may also be FastAPI's `{"detail": …}`. */
export function errorInBody(json: unknown): ServerError | null {
  const detail = member(json, 'detail') ?? null;
  return serverErrorIn(json) ?? (detail === null ? null : fromFields({ message: detail }));
}

function fromFields(fields: unknown): ServerError {
  const code = member(fields, 'code');
  const message = member(fields, 'message') ?? fields;
  return {
    code: nonEmpty(code),
    type: nonEmpty(member(fields, 'type')),
    status: typeof code === 'number' ? code : null,
    message: oneLine(typeof message === 'string' ? message : JSON.stringify(message)),
  };
}

/** Any text, such as an HTML page, as one line of limited length. */
export function oneLine(text: string): string {
  const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1];
  const words = (title ?? text.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ').trim();
  return words.length <= longestMessage ? words : `${words.slice(0, longestMessage - 1)}…`;
}
