import type { Interfaces } from '@oclif/core';
import { ChatstreamError } from '../../../core/base/errors.js';
import { near } from '../../../core/base/mistakes/near.js';
import type { FlagValue } from '../../../core/config/read-config.js';
import type { FlagOrigins } from '../../flags/flags.js';

/** The flags that a configuration file cannot set. */
const notInFiles: ReadonlySet<string> = new Set(['config', 'json']);

export function isForFiles(flag: string): boolean {
  return !notInFiles.has(flag);
}

/**
 * The settings of a configuration file as command-line arguments. Flags that were given on the command line or in the
 * environment win.
 *
 * @param known the flags of the command
 * @throws ChatstreamError `usage` for a name that is not a flag, and for a value other than true or false where one of
 *   these is needed
 */
export function argumentsOf(
  values: ReadonlyMap<string, FlagValue>,
  known: Interfaces.FlagInput,
  { isGiven }: Pick<FlagOrigins, 'isGiven'>,
  command = 'serve',
): readonly string[] {
  return [...values].flatMap(([name, value]) => {
    const flag = known[name];
    if (flag === undefined || !isForFiles(name))
      throw notAFlagError(name, command, Object.keys(known).filter(isForFiles));
    if (isGiven(name)) return [];
    if (flag.type === 'boolean') return isOn(name, value) ? [`--${name}`] : [];
    return typeof value === 'object' ? value.map((each) => `--${name}=${each}`) : [`--${name}=${String(value)}`];
  });
}

function isOn(name: string, value: FlagValue): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new ChatstreamError('usage', `"${name}" in the configuration file is neither true nor false.`, {
    hint: `Write ${name}: true, or leave it out.`,
  });
}

function notAFlagError(name: string, command: string, known: readonly string[]): ChatstreamError {
  const meant = near(name, known);
  return new ChatstreamError('usage', `"${name}" in the configuration file is not a flag of chatstream ${command}.`, {
    hint: `${meant === null ? '' : `Did you mean ${meant}? `}Write the names of flags without their dashes; see chatstream ${command} --help.`,
  });
}
