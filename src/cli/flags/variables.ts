import type { Interfaces } from '@oclif/core';

/**
 * A message with the environment variables by their names where it names flags that were not typed: no one finds a flag in a
 * command that has none.
 *
 * @param argv what was typed, and what was added from a file
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
