import { unwatchFile, watchFile } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { ChatstreamError, messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { type Config, readConfig } from './read-config.js';

/**
 * How often the file is checked, in milliseconds. Polling is more reliable than watching: editors and Kubernetes
 * replace files instead of writing to them, and a watch then stays with the old one.
 */
const intervalMs = 1000;

export interface WatchedConfig {
  /** Reads the file now, as on SIGHUP. A file that cannot be used changes nothing, and the log says why. */
  reload(): Promise<void>;
  stop(): void;
}

/** What to do with a file that was read again. */
export interface ConfigUser {
  /** Rejects settings with which the server could not be started again. */
  check(config: Config): Promise<void>;
  /** Throws for settings that cannot take effect; the old ones then stay. */
  onChange(config: Config): void;
  /** Whether the server has keys besides those of the file, which keep it closed. */
  readonly hasOtherKeys: boolean;
}

/**
 * Reads a configuration file again whenever it changes. Resolves when changes since the server's first reading are
 * included, because a model may have taken minutes to load since then. A file that would open a closed server to
 * everyone is not used: it is more likely to be half-written, or empty by mistake.
 *
 * @param started the contents when the server started
 * @param everyMs how often the file is checked, in milliseconds
 */
export async function watchConfig(
  path: string,
  started: Config,
  logger: Logger,
  user: ConfigUser,
  everyMs = intervalMs,
): Promise<WatchedConfig> {
  let reading: Promise<void> = Promise.resolve();
  let inEffect = started;
  const read = async (isWanted: boolean): Promise<void> => {
    try {
      const config = await readConfig(path);
      if (!isWanted && isDeepStrictEqual(config, inEffect)) return;
      if (!user.hasOtherKeys && isOpen(config) && !isOpen(inEffect)) throw openError(path);
      const isSame = isDeepStrictEqual(config, inEffect);
      await user.check(config);
      user.onChange(config);
      inEffect = config;
      const settings = changedFlags(started, config);
      if (settings.length > 0) {
        logger.warn({ config: path, settings }, 'settings other than keys take effect at the next start');
      }
      const message = `configuration was read again${isSame ? ': nothing in it has changed' : ''}`;
      logger.info({ config: path, keys: config.keys.map(({ name }) => name) }, message);
    } catch (error) {
      const hint = error instanceof ChatstreamError && error.hint !== undefined ? { hint: error.hint } : {};
      const fields = { config: path, error: messageOf(error), ...hint };
      logger.error(fields, 'configuration is not used: the old one stays in effect');
    }
  };
  // One after the other, so that the last reading counts.
  const reload = (): Promise<void> => (reading = reading.then(() => read(true)));
  const onStat = (): void => {
    void reload();
  };
  // First, so that no change is missed in between.
  watchFile(path, { interval: everyMs, persistent: false }, onStat);
  reading = read(false);
  await reading;
  return {
    reload,
    stop: () => {
      unwatchFile(path, onStat);
    },
  };
}

/** Nothing in it says who may send requests. */
function isOpen({ keys, anonymous }: Config): boolean {
  return keys.length === 0 && anonymous === null;
}

function openError(path: string): ChatstreamError {
  return new ChatstreamError('usage', `${path} has neither keys nor "anonymous", which would let everyone in.`, {
    hint: 'Write them into the file again. To run the server without keys, restart it.',
  });
}

/** The names of settings whose values differ, or that exist on one side only. */
function changedFlags({ flags: before }: Config, { flags: after }: Config): readonly string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.filter((name) => !isDeepStrictEqual(before.get(name), after.get(name))).sort();
}
