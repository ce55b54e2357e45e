import type { Interfaces } from '@oclif/core';
import { near } from '../../core/base/mistakes/near.js';

const prefix = 'CHATSTREAM_';

/** Variables that belong to no flag. */
const otherVariables = ['CHATSTREAM_CACHE', 'CHATSTREAM_JSON'];

/** Names that differ more may be meant for something else, such as CHATSTREAM_VERSION in an image. */
const mostDifference = 2;

/** A variable that no command reads, and the one that it was probably meant to be. */
export interface MisspeltVariable {
  readonly variable: string;
  readonly meant: string;
}

/**
 * Variables whose names are almost those of variables that a command reads. Without effect, they could leave a server
 * without its key or its limits.
 *
 * @param flags of the command
 * @param others variables of other commands, which may be set for these
 */
export function misspeltVariables(
  environment: NodeJS.ProcessEnv,
  flags: Interfaces.FlagInput,
  others: readonly string[],
): readonly MisspeltVariable[] {
  const read = [...otherVariables, ...Object.values(flags).flatMap(({ env }) => env ?? [])];
  const known = new Set([...read, ...others]);
  const names = read.map(nameOf);
  return Object.entries(environment).flatMap(([variable, value]) => {
    if (!variable.startsWith(prefix) || known.has(variable) || (value ?? '') === '') return [];
    const meant = near(nameOf(variable), names, mostDifference);
    return meant === null ? [] : [{ variable, meant: `${prefix}${meant}` }];
  });
}

/** Without the beginning that all share, which would make different names look alike. */
function nameOf(variable: string): string {
  return variable.slice(prefix.length);
}
