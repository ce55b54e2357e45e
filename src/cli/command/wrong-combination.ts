import { stripVTControlCharacters } from 'node:util';
import { listed } from '../../core/measurement/numbers.js';
import { exampleOf } from '../flags/examples.js';

/** What is wrong with what was typed, and what to do. */
export interface Wrong {
  readonly message: string;
  readonly hint: string;
}

/**
 * Rephrases what oclif says about flags that need or exclude each other, that are repeated, or that lack their value.
 * The values of the flags are left out, because they may be keys.
 *
 * @param said oclif's message, with colours in a terminal
 * @param choicesOf the values that a flag takes; none if it takes any
 * @returns null if the message is about something else
 */
export function wrongCombination(
  said: string,
  choicesOf: (flag: string) => readonly string[] = () => [],
): Wrong | null {
  const text = stripVTControlCharacters(said);
  const [, once] = /^Flag (--\S+) can only be specified once(?:\nSee more help with --help)?$/.exec(text) ?? [];
  if (once !== undefined) return { message: `${once} is given more than once.`, hint: 'Give it once.' };
  const [, empty, values] =
    /^Flag --(\S+) expects (?:a value|one of these values: (.*))(?:\nSee more help with --help)?$/.exec(text) ?? [];
  if (empty !== undefined)
    return { message: `--${empty} has no value.`, hint: valueHint(empty, values?.split(', ') ?? []) };
  const [, reasons] = /^The following errors? occurred:\s*(.*?)(?:\nSee more help with --help)?$/s.exec(text) ?? [];
  return reasons === undefined ? null : together(reasons.split(/\n\s*/).map((reason) => among(reason, choicesOf)));
}

/** What to write after a flag without a value. */
function valueHint(flag: string, choices: readonly string[]): string {
  const example = exampleOf(flag);
  if (example !== null) return `Write it after the flag, for example --${flag} ${example}.`;
  return `Write it after the flag: --${flag} VALUE.${choices.length === 0 ? '' : ` VALUE is one of ${listed(choices)}.`}`;
}

/** A flag is named by its environment variable if that sets it. */
function among(reason: string, choicesOf: (flag: string) => readonly string[]): Wrong {
  const [, required] = /^Missing required flag (\S+)$/.exec(reason) ?? [];
  if (required !== undefined) {
    const choices = choicesOf(required);
    const values = choices.length === 0 ? '' : ` VALUE is one of ${listed(choices)}.`;
    return { message: `--${required} is missing.`, hint: `Add --${required} VALUE.${values}` };
  }
  const [, needing, needed] = /^All of the following must be provided when using (\S+): (.*)$/.exec(reason) ?? [];
  if (needing !== undefined && needed !== undefined) {
    const flags = listed(needed.split(', '));
    return { message: `${needing} needs ${flags}.`, hint: `Add ${flags}.` };
  }
  const [, one, other] = /^(--[^\s=]+|[A-Z][A-Z0-9_]*).* cannot also be provided when using (\S+)$/s.exec(reason) ?? [];
  if (one === undefined || other === undefined) return { message: `${reason}.`, hint: 'See --help.' };
  return { message: `${[one, other].sort().join(' and ')} cannot be combined.`, hint: 'Leave out one of the two.' };
}

/** The same two flags may be found twice, once from each side. */
function together(found: readonly Wrong[]): Wrong {
  const messages = [...new Set(found.map(({ message }) => message))];
  const hints = new Set(found.map(({ hint }) => hint));
  const [hint = ''] = hints;
  return { message: messages.join(' '), hint: hints.size === 1 ? hint : 'See --help.' };
}
