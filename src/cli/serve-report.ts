import type { RunningServer, ServeOptions } from '../core/serve.js';
import { styled } from './terminal.js';

/** What `serve` prints once requests are taken. The first line is the one to look for. */
export function readyBlock({ url, info }: RunningServer, { queue }: ServeOptions): string {
  const label = (text: string): string => styled(process.stdout, 'dim', text.padEnd(8));
  const waiting = queue.maxQueue === 0 ? 'nobody waits' : `${queue.maxQueue} may wait`;
  const body = `'{"messages":[{"role":"user","content":"Hello!"}],"stream":true}'`;
  return [
    `chatstream is ready on ${styled(process.stdout, 'bold', url)}`,
    '',
    `  ${label('model')}${info.modelId}, ${info.contextLength} tokens of context per slot`,
    `  ${label('device')}${info.device}`,
    `  ${label('queue')}${queue.maxConcurrency} run at once (${info.slots} slots), ${waiting}`,
    `  ${label('watch')}${url}/v1/queue   ${url}/metrics`,
    `  ${label('try')}curl -N ${url}/v1/chat/completions -H 'content-type: application/json' \\`,
    `  ${label('')}  -d ${body}`,
    '',
  ].join('\n');
}

/** The same for scripts. */
export function readyEvent({ url, info }: RunningServer, { queue }: ServeOptions): object {
  return {
    event: 'ready',
    url,
    model: info.modelId,
    context_length: info.contextLength,
    device: info.device,
    slots: info.slots,
    max_concurrency: queue.maxConcurrency,
    max_queue: queue.maxQueue,
  };
}
