/** The shells for which `chatstream autocomplete` has steps. */
const shells = ['bash', 'zsh', 'powershell'] as const;

/**
 * What to do where `autocomplete` has no steps to print, because it was not told the shell, and knows none for the user's.
 *
 * @param typed all words after the name of the program
 * @param shell the name of the user's shell; `unknown` or empty if it is not known
 * @returns null for other commands, and where there are steps
 */
export function completionHint(typed: readonly string[], shell: string): string | null {
  const [command, ...others] = typed;
  if (command !== 'autocomplete' || others.length > 0) return null;
  if (shells.some((known) => known === shell) || shell.endsWith('\\bash.exe')) return null;
  const why =
    shell === '' || shell === 'unknown' ? 'Your shell is not known' : `There are no steps for your shell, ${shell}`;
  return `${why}. For one of these, write: ${shells.map((known) => `chatstream autocomplete ${known}`).join(', ')}.`;
}
