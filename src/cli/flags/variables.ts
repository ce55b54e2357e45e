import type { Interfaces } from '@oclif/core';

/**
 * A message in which flags that were not typed are replaced by their environment variables, because users would look
 * for the flags in vain in the command that they typed.
 *
 * @param argv what was typed, and what a file added
 */
export function withVariables(text: string, flags: Interfaces.FlagInput, argv: readonly string[]): string {
  return text.replaceAll(/--([a-z][a-z0-9-]*)/g, (typed, name: string) => {
    const flag = flags[name];
    if (flag?.env === undefined || (process.env[flag.env] ?? '') === '' || isTyped(name, flag.char, argv)) return typed;
    return flag.env;
  });
}

function isTyped(name: string, char: string | undefined, argv: readonly string[]): boolean {
  return argv.some(
    (each) =>
      each === `--${name}` ||
      each === `--no-${name}` ||
      each.startsWith(`--${name}=`) ||
      (char !== undefined && each.startsWith(`-${char}`)),
  );
}
