import { unwatchFile, watchFile } from 'node:fs';
import { messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { type Config, readConfig } from './read-config.js';

/**
 * How often the file is looked at, in milliseconds. Asking beats being told: editors and Kubernetes replace files instead
 * of writing to them, and a watch then stays with the old one.
 */
const intervalMs = 1000;

export interface WatchedConfig {
  /** Reads the file now, as on SIGHUP. A file that cannot be used changes nothing, and the log says why. */
  reload(): Promise<void>;
  stop(): void;
}

/**
 * Reads a configuration file again whenever it changes.
 *
 * @param current what it said when it was last read
 * @param onChange called with what it says then
 */
export function watchConfig(
  path: string,
  current: Config,
  logger: Logger,
  onChange: (config: Config) => void,
): WatchedConfig {
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    try {
      const config = await readConfig(path);
      if (flagsOf(config) !== flagsOf(current)) {
        logger.warn({ config: path }, 'settings other than keys take effect at the next start');
      }
      onChange(config);
      logger.info({ config: path, keys: config.keys.map(({ name }) => name) }, 'configuration was read again');
    } catch (error) {
      logger.error({ config: path, error: messageOf(error) }, 'configuration is not used: the old one stays in effect');
    }
  };
  // One after the other, so that what was read last counts.
  const reload = (): Promise<void> => (reading = reading.then(read));
  const onStat = (): void => {
    void reload();
  };
  watchFile(path, { interval: intervalMs, persistent: false }, onStat);
  return {
    reload,
    stop: () => {
      unwatchFile(path, onStat);
    },
  };
}

function flagsOf({ flags }: Config): string {
  return JSON.stringify([...flags].sort(([one], [other]) => (one < other ? -1 : 1)));
}
