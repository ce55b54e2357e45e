import { asChatstreamError, ChatstreamError } from '../../base/errors.js';
import type { SchedulerLimits } from '../../scheduler/scheduler.js';

/** A line whose limits can be changed. */
interface NamedLine {
  readonly name: string;
  readonly inference: { resize(limits: Partial<SchedulerLimits>): void };
}

/**
 * Changes the limits of all lines that accept them.
 *
 * @throws ChatstreamError with the code of the first refusal, and with the names and reasons of all lines that refuse
 */
export function resizeAll(lines: readonly NamedLine[], limits: Partial<SchedulerLimits>): void {
  const refusals = lines.flatMap(({ name, inference }) => {
    try {
      inference.resize(limits);
      return [];
    } catch (error) {
      return [{ name, error: asChatstreamError(error) }];
    }
  });
  const [first] = refusals;
  if (first === undefined) return;
  if (lines.length === 1) throw first.error;
  const { code, param, retryAfterSeconds } = first.error;
  const refusing = new Set(refusals.map(({ name }) => name));
  const changed = lines.filter(({ name }) => !refusing.has(name)).map(({ name }) => name);
  throw new ChatstreamError(code, refusals.map(({ name, error }) => `${name}: ${error.message}`).join(' '), {
    ...(param !== undefined && { param }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    hint:
      changed.length === 0 ? 'No model was changed.' : `Changed: ${changed.join(', ')}. Name a "model" to change one.`,
    cause: first.error,
  });
}
