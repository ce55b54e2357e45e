import { oneLine } from '../../core/report/text/escape.js';
import type { RunningRelay, ServeUpstreamsOptions } from '../../core/serve/serve-upstreams.js';
import { styled } from '../terminal/terminal.js';
import { watched } from './report.js';
import { chatTrial, type Environment, tryCommand } from './try-command.js';

/** What is reported about an upstream. */
type Shown = Pick<RunningRelay['upstreams'][number], 'name' | 'kind' | 'places' | 'downReason' | 'models'>;

/** What `serve --upstream` prints once requests are accepted. The first line is the same as that of `serve`. */
export function relayReadyBlock(
  { url, upstreams, models }: Pick<RunningRelay, 'url' | 'models'> & { readonly upstreams: readonly Shown[] },
  {
    queue,
    server,
    access,
  }: {
    readonly queue: Pick<ServeUpstreamsOptions['queue'], 'maxQueue'>;
  } & Pick<ServeUpstreamsOptions, 'server' | 'access'>,
  environment: Environment = process.env,
): string {
  const label = (text: string): string => styled(process.stdout, 'dim', text.padEnd(10));
  const waiting = queue.maxQueue === 0 ? 'none may wait' : `${queue.maxQueue} may wait for each model`;
  // Some servers refuse a request that names no model, and a model can only be named if a server lists its models.
  const trial = models.length === 0 && areUnlisted(upstreams) ? chatTrial('MODEL') : chatTrial();
  const command = tryCommand(url, trial, { server, access }, environment);
  const width = Math.max(...upstreams.map(({ name }) => name.length));
  return [
    `chatstream is ready on ${styled(process.stdout, 'bold', url)}`,
    '',
    ...upstreams.map(({ name, kind, places, downReason }, index) => {
      const state = downReason === null ? `${kind}, ${places} at once` : `does not answer: ${oneLine(downReason)}`;
      return `  ${label(index === 0 ? 'upstreams' : '')}${name.padEnd(width)}  ${state}`;
    }),
    `  ${label('models')}${models.length > 0 ? oneLine(models.join(', ')) : unlistedModels(upstreams)}`,
    `  ${label('queue')}${waiting}`,
    `  ${label('watch')}${watched(url, server)}   ${url}/v1/upstreams`,
    `  ${label('try')}${command.join(` \\\n  ${label('')}  `)}`,
    '',
  ].join('\n');
}

function unlistedModels(upstreams: readonly Shown[]): string {
  return areUnlisted(upstreams) ? 'any' : 'not known yet';
}

/** Servers that have answered without a list receive requests for any model. */
function areUnlisted(upstreams: readonly Shown[]): boolean {
  return upstreams.some(({ models }) => models === null);
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
