import { ChatstreamError } from '../../base/errors.js';

/** Levels of objects and lists in a parameter. Thousands can be neither sent to the engine nor used there. */
const deepest = 256;

export function missing(param: string): ChatstreamError {
  return new ChatstreamError('invalid_request', `"${param}" is missing.`, { param });
}

/** An error about one parameter as one about another, by which the client knows it; anything else as it is. */
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
export function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= deepest && level.length > 0; depth += 1) {
    level = level.flatMap(childrenOf);
  }
  return level.length > 0;
}

function childrenOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const children: unknown[] = Object.values(value);
  return children;
}
