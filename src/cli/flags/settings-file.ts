import { ChatstreamError } from '../../core/base/errors.js';
import type { FlagOrigins } from './flags.js';

/** A file that gives flags. */
export interface SettingsFile {
  /** As it was named. */
  readonly path: string;
  /** Those of the flags that it gives, without dashes. */
  readonly names: readonly string[];
}

/**
 * What a file gives of what it says: flags that were given on the command line or in the environment win.
 *
 * @param names of the flags that it has
 */
export function settingsFileOf(
  path: string,
  names: Iterable<string>,
  { isGiven }: Pick<FlagOrigins, 'isGiven'>,
): SettingsFile {
  return { path, names: [...names].filter((name) => !isGiven(name)) };
}

/**
 * An error about flags with the name of the file that gives some of them, and with these as they are written there: `"slots"`
 * instead of `--slots`.
 */
export function aboutSettings(error: ChatstreamError, { path, names }: SettingsFile): ChatstreamError {
  const given = new Set(names);
  const asWritten = (text: string): string =>
    text.replaceAll(/--([a-z][a-z0-9-]*)(=?)/g, (flag, name: string, equals: string) =>
      given.has(name) ? `"${name}"${equals === '' ? '' : ' '}` : flag,
    );
  const message = asWritten(error.message);
  const hint = error.hint === undefined ? undefined : asWritten(error.hint);
  if (message === error.message && hint === error.hint) return error;
  return new ChatstreamError(error.code, message.includes(path) ? message : `${path}: ${message}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
