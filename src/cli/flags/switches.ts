import type { Interfaces } from '@oclif/core';
import { ChatstreamError } from '../../core/base/errors.js';
import type { FlagOrigins } from './flags.js';

/** The words for on and off are those of oclif, which takes all others for off. */
const words: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'true', 'y', 'yes'].map((word) => [word, true] as const),
  ...['', '0', 'false', 'n', 'no'].map((word) => [word, false] as const),
]);

/** What an environment variable that is on or off says; null if it says neither. One that is not set is off. */
export function switchOf(value: string | undefined): boolean | null {
  return words.get((value ?? '').toLowerCase()) ?? null;
}

/**
 * Refuses variables that leave open whether a flag is on, because the command would run as if it were off.
 *
 * @param flags of the command
 * @throws ChatstreamError `usage`
 */
export function checkSwitches(flags: Interfaces.FlagInput, isTyped: FlagOrigins['isTyped']): void {
  for (const [name, { type, env }] of Object.entries(flags)) {
    if (type !== 'boolean' || env === undefined || isTyped(name) || switchOf(process.env[env]) !== null) continue;
    throw new ChatstreamError('usage', `${env}: "${process.env[env] ?? ''}" is neither true nor false.`, {
      hint: 'Write true or false.',
    });
  }
}
