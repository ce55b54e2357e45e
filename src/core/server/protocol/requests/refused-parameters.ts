import { ChatstreamError } from '../../../base/errors.js';
import { isRecord } from '../../../base/json.js';

/** Levels of objects and lists in a parameter. Thousands of them can neither be sent to the engine nor used there. */
export const deepest = 256;

export function missing(param: string, hint?: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" is missing.`, {
    param,
    ...(hint !== undefined && { hint }),
  });
}

/**
 * Turns an error about one parameter into one about another, under which the client knows it; anything else stays as it
 * is.
 */
export function renamedParam(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof ChatstreamError) || error.param !== from) return error;
  const { code, message, hint, retryAfterSeconds, overflow, cause } = error;
  return new ChatstreamError(code, message, {
    param: to,
    ...(hint !== undefined && { hint }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(overflow !== undefined && { overflow }),
    cause,
  });
}

/**
 * @param name of the parameter in a sentence
 * @throws ChatstreamError `invalid_request` for a value with too many levels
 */
export function refuseDeep(value: unknown, param: string, name: string): void {
  if (!isDeep(value)) return;
  throw new ChatstreamError('invalid_request', `${name} is nested too deeply.`, {
    param,
    hint: `At most ${deepest} levels of objects and lists are supported.`,
  });
}

/**
 * Whether a value has too many levels. It is looked at level by level: the depth that this looks for would overflow the stack of
 * a recursive function.
 */
function isDeep(value: unknown): boolean {
  let level: readonly object[] = isRecord(value) ? [value] : [];
  for (let depth = 1; depth <= deepest && level.length > 0; depth += 1) level = containersIn(level);
  return level.length > 0;
}

/** The objects and lists in others, which are one level deeper. Hardly anything is made for those that contain none. */
function containersIn(level: readonly object[]): object[] {
  const inner: object[] = [];
  for (const each of level) {
    const members: readonly unknown[] = Array.isArray(each) ? each : Object.values(each);
    for (const member of members) if (isRecord(member)) inner.push(member);
  }
  return inner;
}
