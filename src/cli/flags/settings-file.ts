import { ChatstreamError } from '../../core/base/errors.js';
import type { FlagOrigins } from './flags.js';

/** A file that sets flags. */
export interface SettingsFile {
  /** As the user named it. */
  readonly path: string;
  /** The flags that it sets, without dashes. */
  readonly names: readonly string[];
  /** Whether all settings come from the file, so that every mistake is in it. */
  readonly isComplete?: boolean;
}

/**
 * The flags that a file sets, without those that were given on the command line or in the environment, which win.
 *
 * @param names of the flags in the file
 */
export function settingsFileOf(
  path: string,
  names: Iterable<string>,
  { isGiven }: Pick<FlagOrigins, 'isGiven'>,
): SettingsFile {
  return { path, names: [...names].filter((name) => !isGiven(name)) };
}

/**
 * An error about flags, with the name of the file that sets some of them, and with these as they are written there:
 * `"slots"` instead of `--slots`. An error that names none of them stays as it is, unless it can only be in the file.
 */
export function aboutSettings(
  error: ChatstreamError,
  { path, names, isComplete = false }: SettingsFile,
): ChatstreamError {
  const given = new Set(names);
  const asWritten = (text: string): string =>
    text.replaceAll(/--([a-z][a-z0-9-]*)(=?)/g, (flag, name: string, equals: string) =>
      given.has(name) ? `"${name}"${equals === '' ? '' : ' '}` : flag,
    );
  const message = asWritten(error.message);
  const hint = error.hint === undefined ? undefined : asWritten(error.hint);
  if (message === error.message && hint === error.hint && !isComplete) return error;
  return new ChatstreamError(error.code, message.includes(path) ? message : `${path}: ${message}`, {
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
