import type { ServeClusterOptions } from '../../core/serve/serve-cluster.js';
import { watched } from './report.js';
import { chatTrial, type Environment, tryCommand } from './try-command.js';

/** What `serve --cluster` prints once requests are accepted. The first line is the same as that of `serve`. */
export function frontReadyBlock(
  url: string,
  cluster: string,
  { server, access }: Pick<ServeClusterOptions, 'server' | 'access'>,
  environment: Environment = process.env,
): string {
  const command = tryCommand(url, chatTrial(), { server, access }, environment);
  return [
    `chatstream is ready on ${url}`,
    '',
    `  cluster   ${cluster}`,
    `  watch     ${watched(url, server)}   chatstream cluster status --cluster ${cluster}`,
    `  try       ${command.join(' \\\n              ')}`,
    '',
  ].join('\n');
}
