import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where downloaded models are kept: `models` in `CHATSTREAM_CACHE` or else in `chatstream` in the folder that the
 * system has for what can be had again. The folder need not exist.
 */
export function modelsFolder(
  environment: Environment = process.env,
  system: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  return join(set(environment['CHATSTREAM_CACHE']) ?? systemFolder(environment, system, home), 'models');
}

function systemFolder(environment: Environment, system: NodeJS.Platform, home: string): string {
  // Whoever sets it means it, on any system. A relative one is to be ignored: https://specifications.freedesktop.org/basedir-spec.
  const xdg = environment['XDG_CACHE_HOME'];
  if (xdg?.startsWith('/') === true) return join(xdg, 'chatstream');
  if (system === 'darwin') return join(home, 'Library', 'Caches', 'chatstream');
  if (system === 'win32') {
    return join(set(environment['LOCALAPPDATA']) ?? join(home, 'AppData', 'Local'), 'chatstream');
  }
  return join(home, '.cache', 'chatstream');
}

function set(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
