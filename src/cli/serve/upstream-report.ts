import type { RunningRelay, ServeUpstreamsOptions } from '../../core/serve/serve-upstreams.js';
import { styled } from '../terminal/terminal.js';
import { watched } from './report.js';

/** What `serve --upstream` prints once requests are accepted. The first line is the same as that of `serve`. */
export function relayReadyBlock(
  { url, upstreams, models }: Pick<RunningRelay, 'url' | 'upstreams' | 'models'>,
  {
    queue,
    server,
  }: {
    readonly queue: Pick<ServeUpstreamsOptions['queue'], 'maxQueue'>;
    readonly server: ServeUpstreamsOptions['server'];
  },
): string {
  const label = (text: string): string => styled(process.stdout, 'dim', text.padEnd(10));
  const waiting = queue.maxQueue === 0 ? 'none may wait' : `${queue.maxQueue} may wait for each model`;
  const width = Math.max(...upstreams.map(({ name }) => name.length));
  return [
    `chatstream is ready on ${styled(process.stdout, 'bold', url)}`,
    '',
    ...upstreams.map(({ name, kind, places, downReason }, index) => {
      const state = downReason === null ? `${kind}, ${places} at once` : `does not answer: ${downReason}`;
      return `  ${label(index === 0 ? 'upstreams' : '')}${name.padEnd(width)}  ${state}`;
    }),
    `  ${label('models')}${models.length > 0 ? models.join(', ') : unlistedModels(upstreams)}`,
    `  ${label('queue')}${waiting}`,
    `  ${label('watch')}${watched(url, server)}   ${url}/v1/upstreams`,
    '',
  ].join('\n');
}

/** Those that have answered without a list are asked for whatever clients ask for. */
function unlistedModels(upstreams: RunningRelay['upstreams']): string {
  return upstreams.some(({ models }) => models === null) ? 'any' : 'not known yet';
}

/** The same for scripts. */
export function relayReadyEvent({ url, upstreams, models }: RunningRelay, { queue }: ServeUpstreamsOptions): object {
  return {
    event: 'ready',
    url,
    models,
    max_queue: queue.maxQueue,
    upstreams: upstreams.map(({ name, kind, status, places, downReason }) => ({
      ...{ name, kind, status, places },
      reason: downReason,
    })),
  };
}
