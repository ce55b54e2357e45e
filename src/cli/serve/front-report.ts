import type { ServeClusterOptions } from '../../core/serve/serve-cluster.js';
import { watched } from './report.js';

/** What `serve --cluster` prints once requests are accepted. The first line is the same as that of `serve`. */
export function frontReadyBlock(url: string, cluster: string, { server }: Pick<ServeClusterOptions, 'server'>): string {
  return [
    `chatstream is ready on ${url}`,
    '',
    `  cluster   ${cluster}`,
    `  watch     ${watched(url, server)}   chatstream cluster status --cluster ${cluster}`,
    '',
  ].join('\n');
}
