import type { ServeOptions } from '../../core/serve/serve.js';
import { type FlagOrigins, variableOf } from '../flags/flags.js';

export type Patience = Pick<ServeOptions['queue'], 'policy' | 'classPatienceMs' | 'queueTimeoutMs'>;

/**
 * A warning if requests of a lower class may wait in vain, because their wait ends before they have risen to the
 * highest class. Null if they rise in time, or if there are no classes.
 */
export function latePatience({ policy, classPatienceMs, queueTimeoutMs }: Patience): string | null {
  const highestMs = 2 * classPatienceMs;
  if (policy !== 'fair' || queueTimeoutMs === 0 || highestMs < queueTimeoutMs) return null;
  return (
    `--queue-timeout ends the wait of batch requests after ${queueTimeoutMs} ms, before --class-patience lets them ` +
    `compete with interactive ones (${highestMs} ms): a steady stream of these can keep them out`
  );
}

/** Why a --class-patience that was set has no effect; null if none was set, or if there are classes. */
export function idlePatience(
  { policy }: Pick<Patience, 'policy'>,
  { isTyped, isGiven }: Pick<FlagOrigins, 'isTyped' | 'isGiven'>,
): string | null {
  if (policy === 'fair' || !isGiven('class-patience')) return null;
  const name = isTyped('class-patience') ? '--class-patience' : variableOf('class-patience');
  return `${name} has no effect with --queue-policy fifo, which does not know classes`;
}
