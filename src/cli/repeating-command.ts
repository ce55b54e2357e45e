/** Flags whose values are keys. */
const secretFlags = ['--api-key'];

/** Flags with files that a repetition would overwrite. */
const outputFlags = ['-o', '--output', '--samples'];

/**
 * The command line that repeats a bench, for a shell: without the values of keys and headers, without queries of URLs, which
 * may hold keys, and without the files that it writes.
 *
 * @param argv what follows the name of the command
 */
export function repeatingCommand(name: string, argv: readonly string[]): string {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const [flag = '', inline] = /^--[^=]+=/.test(word) ? splitAt(word) : [word];
    const value = inline ?? argv[index + 1] ?? '';
    const takesNext = inline === undefined;
    if (/^-o./.test(word)) continue;
    if (outputFlags.includes(flag)) {
      if (takesNext) index += 1;
    } else if (secretFlags.includes(flag)) {
      words.push(flag, 'KEY');
      if (takesNext) index += 1;
    } else if (flag === '--header') {
      words.push(flag, `${value.split(':')[0] ?? ''}: VALUE`);
      if (takesNext) index += 1;
    } else {
      words.push(word.replace(/((?:https?|unix):[^?]*)\?.*$/, '$1'));
    }
  }
  return [...name.split(' '), ...words.map(quoted)].join(' ');
}

function splitAt(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

/** For POSIX shells. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
