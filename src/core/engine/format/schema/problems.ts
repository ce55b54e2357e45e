import { ChatstreamError } from '../../../base/errors.js';
import type { Subject } from '../../grammar/limits.js';

/**
 * The error about a place in a schema.
 *
 * @param pointer the JSON pointer of the place, from the root; empty for the schema itself
 * @param hint what to do about it, where the problem alone does not say it
 */
export function schemaProblem(subject: Subject, pointer: string, problem: string, hint?: string): ChatstreamError {
  const place = pointer === '' ? subject.name : `${subject.name} at ${pointer}`;
  return new ChatstreamError('invalid_request', `${place} cannot be used: ${problem}.`, {
    param: subject.param,
    ...(hint !== undefined && { hint }),
  });
}
