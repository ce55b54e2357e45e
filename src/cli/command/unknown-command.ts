import { ChatstreamError } from '../../core/base/errors.js';
import { near } from '../../core/base/mistakes/near.js';
import { argumentAsFlag } from './argument-as-flag.js';

export interface KnownCommand {
  /** Its words, with colons between them. */
  readonly id: string;
  /** The names of its flags. */
  readonly flags: readonly string[];
}

/**
 * The error for a command that does not exist, with the one that was probably meant, or for an argument after a command
 * that takes none, with the flag that was probably meant.
 *
 * @param words as they were typed, without the program and its flags
 */
export function unknownCommandError(words: readonly string[], known: readonly KnownCommand[]): ChatstreamError {
  const names = known.map(({ id }) => id.replaceAll(':', ' '));
  const meant = commandMeant(words, names);
  if (meant !== null) return unknown(words, `Did you mean chatstream ${meant}?`);
  const beginning = longestBeginning(words, names);
  const command = known.find(({ id }) => id.replaceAll(':', ' ') === beginning);
  if (beginning === null || command === undefined) return unknown(words, seeHelp(beginning));
  const argument = words[beginning.split(' ').length] ?? '';
  const flag = argumentAsFlag(argument, command.flags);
  if (flag === null && names.some((name) => name.startsWith(`${beginning} `)))
    return unknown(words, seeHelp(beginning));
  return new ChatstreamError('usage', `chatstream ${beginning} takes flags only, and not "${argument}".`, {
    hint: flag === null ? seeHelp(beginning) : `Did you mean ${flag}?`,
  });
}

function unknown(words: readonly string[], hint: string): ChatstreamError {
  return new ChatstreamError('usage', `There is no command ${words.join(' ')}.`, { hint });
}

function seeHelp(command: string | null): string {
  return `See chatstream ${command === null ? '' : `${command} `}--help.`;
}

/** The first words, as far as they name a command or the beginning of one. */
function longestBeginning(words: readonly string[], names: readonly string[]): string | null {
  for (let count = words.length - 1; count > 0; count--) {
    const beginning = words.slice(0, count).join(' ');
    if (names.some((name) => name === beginning || name.startsWith(`${beginning} `))) return beginning;
  }
  return null;
}

/**
 * If the first words are right, only the rest is compared, because they would make any other word look similar. Words
 * after a command without subcommands are not part of its name.
 */
function commandMeant(words: readonly string[], names: readonly string[]): string | null {
  const beginning = longestBeginning(words, names);
  if (beginning === null) return near(words.join(' '), names) ?? near(words[0] ?? '', names);
  const below = names.filter((name) => name.startsWith(`${beginning} `));
  if (below.length === 0) return null;
  const rest = words.slice(beginning.split(' ').length).join(' ');
  const meant = near(rest, below.map((name) => name.slice(beginning.length + 1))); // prettier-ignore
  return meant === null ? null : `${beginning} ${meant}`;
}
