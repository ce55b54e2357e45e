import { ChatstreamError } from '../../core/base/errors.js';
import { near } from '../../core/base/mistakes/near.js';

/**
 * For a command that does not exist, with the one that was probably meant.
 *
 * @param words as they were typed, without the program
 * @param known the ids of all commands, with colons between their words
 */
export function unknownCommandError(words: string, known: readonly string[]): ChatstreamError {
  const meant = commandMeant(
    words,
    known.map((id) => id.replaceAll(':', ' ')),
  );
  return new ChatstreamError('usage', `There is no command ${words}.`, {
    hint: meant === null ? 'See chatstream --help.' : `Did you mean chatstream ${meant}?`,
  });
}

/** Where the first word is right, only the rest is compared: it would make any second word look similar. */
function commandMeant(words: string, known: readonly string[]): string | null {
  const [first = '', ...rest] = words.split(' ');
  const below = known.filter((each) => each.startsWith(`${first} `));
  if (rest.length === 0 || below.length === 0) return near(words, known);
  const meant = near(
    rest.join(' '),
    below.map((each) => each.slice(first.length + 1)),
  );
  return meant === null ? null : `${first} ${meant}`;
}
