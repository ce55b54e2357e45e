import { near } from '../../core/base/mistakes/near.js';
import { listed } from '../../core/measurement/numbers.js';
import { flagsOfOthers } from './flags-of-others.js';
import type { Wrong } from './wrong-combination.js';

/** For a service called "chatstream", CHATSTREAM_PORT would be its address. */
const serviceHint =
  'Kubernetes sets such variables for a service of this name: set enableServiceLinks: false in the pod.';

/**
 * Rephrases what oclif says about a value that a flag does not take.
 *
 * @param said oclif's message, with the name of the flag, or of the variable that gives it, in front: `--count:
 *   Expected an integer …`
 * @returns null if the message is about something else
 */
export function wrongValue(said: string): Wrong | null {
  return wrongInteger(said) ?? wrongChoice(said);
}

function hintForInteger(flag: string, value: string): string {
  if (/^(tcp|udp|sctp):/.test(value)) return serviceHint;
  // A flag of several letters after one dash: -ngl is -n with the value "gl".
  const other = flag === '--max-concurrency' ? flagsOfOthers[`n${value}`] : undefined;
  return other === undefined
    ? 'Write one with digits only, such as 8.'
    : `For -n${value} of llama-server, write --${other}.`;
}

function wrongInteger(said: string): Wrong | null {
  const [, flag, side, limit, value] =
    /^(\S+): Expected an integer(?: (greater|less) than or equal to (-?\d+))? but received: (.*)$/s.exec(said) ?? [];
  if (flag === undefined || value === undefined) return null;
  if (side === undefined || limit === undefined) {
    return { message: `${flag}: "${value}" is not a whole number.`, hint: hintForInteger(flag, value) };
  }
  const [what, which] = side === 'greater' ? ['too small', 'at least'] : ['too large', 'at most'];
  return { message: `${flag}: ${value} is ${what}.`, hint: `Write a whole number of ${which} ${limit}.` };
}

/** With the one that was probably meant. An argument has no name there. */
function wrongChoice(said: string): Wrong | null {
  const [, flag, value, choices] = /^Expected (?:(\S+?)=)?(.*) to be one of: (.*)$/m.exec(said) ?? [];
  if (value === undefined || choices === undefined) return null;
  const all = choices.split(', ');
  const meant = near(value, all);
  if (flag === undefined) {
    return {
      message: `"${value}" is none of ${listed(all)}.`,
      hint: meant === null ? 'Write one of these.' : `Did you mean ${meant}?`,
    };
  }
  return {
    message: `${flag}: "${value}" is none of ${listed(all)}.`,
    hint: meant === null ? 'Write one of these.' : `Did you mean ${flag}${flag.startsWith('--') ? ' ' : '='}${meant}?`,
  };
}
