import { ChatstreamError } from '../../../core/base/errors.js';
import type { FlagOrigins } from '../../flags/flags.js';
import { type BenchFlags, benchFlags } from '../flags/flags.js';

/** Why these flags make no sense if two servers are measured at the same time. */
const reasons = {
  agents: 'agents load one server at a time',
  workers: 'both loads are sent from one thread, so that lateness affects both alike',
  'abort-on': 'the other server would be measured alone for the rest',
  'enforce-slo': 'each server has only a part of the machine, so that only ratios count',
} as const;

/**
 * Whether both servers are measured at the same time. The environment variable counts as well: with agents, the servers
 * would otherwise take turns, while the report would say that they did not.
 *
 * @throws ChatstreamError `usage` for flags that cannot be combined with it
 */
export function duetOf(flags: BenchFlags, { isTyped, isGiven }: FlagOrigins): boolean {
  if (!flags.duet || flags.versus === undefined) return false;
  for (const name of ['agents', 'workers', 'abort-on', 'enforce-slo'] as const) {
    // The variable may be set in order to switch it off.
    if (isGiven(name) && flags[name] !== false) {
      throw new ChatstreamError('usage', `--${name} cannot be combined with --duet: ${reasons[name]}.`, {
        hint: isTyped(name)
          ? 'Leave out one of the two.'
          : `Leave out --duet, or unset ${benchFlags[name].env ?? name}.`,
      });
    }
  }
  return true;
}
