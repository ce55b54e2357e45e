import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where downloaded models are kept: the folder `models` in `CHATSTREAM_CACHE`, or else in `chatstream` in the system's
 * folder for caches. It need not exist.
 */
export function modelsFolder(
  environment: Environment = process.env,
  system: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  return join(set(environment['CHATSTREAM_CACHE']) ?? systemFolder(environment, system, home), 'models');
}

function systemFolder(environment: Environment, system: NodeJS.Platform, home: string): string {
  // Only users set it, so it counts on any system. The specification (freedesktop.org, basedir-spec) says to ignore
  // relative paths.
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
