import { formatBytes } from '../../core/base/units.js';
import type { EngineInfo } from '../../core/engine/engine.js';
import type { Replication } from '../../core/executor/replicas/replication.js';
import type { ListedModel } from '../../core/inference/service/served-model.js';
import type { RunningServer, ServeOptions } from '../../core/serve/serve.js';
import { styled } from '../terminal/terminal.js';
import { chatTrial, embeddingsTrial, type Environment, tryCommand } from './try-command.js';

/** Where people can see what the server does: the console if it is served, and the metrics. */
export function watched(url: string, { consolePath }: ServeOptions['server']): string {
  return consolePath === null ? `${url}/v1/queue   ${url}/metrics` : `${url}/ in a browser   ${url}/metrics`;
}

/** What `serve` prints once requests are accepted. Scripts and people look for the first line. */
export function readyBlock(
  { url, info, models }: RunningServer,
  { queue, server, access, replication }: ServeOptions,
  environment: Environment = process.env,
): string {
  const label = (text: string): string => styled(process.stdout, 'dim', text.padEnd(8));
  const waiting = queue.maxQueue === 0 ? 'none may wait' : `${queue.maxQueue} may wait`;
  const trial = info.embeddings === undefined ? chatTrial() : embeddingsTrial;
  const command = tryCommand(url, trial, { server, access }, environment);
  return [
    `chatstream is ready on ${styled(process.stdout, 'bold', url)}`,
    '',
    ...(models === undefined
      ? [`  ${label('model')}${info.modelId}, ${size(info)}`]
      : models.map((model, index) => `  ${label(index === 0 ? 'models' : '')}${listedModel(model)}`)),
    `  ${label('device')}${info.device}`,
    ...(replication === null ? [] : [`  ${label('engines')}${engines(replication, models)}`]),
    ...(info.promptCache.status === 'off'
      ? []
      : [`  ${label('cache')}conversations in up to ${formatBytes(info.promptCache.limitBytes)} of memory`]),
    `  ${label('queue')}${queue.maxConcurrency} run at once (${info.slots} ${info.slots === 1 ? 'slot' : 'slots'}), ${waiting}`,
    `  ${label('watch')}${watched(url, server)}`,
    `  ${label('try')}${command.join(` \\\n  ${label('')}  `)}`,
    '',
  ].join('\n');
}

function engines({ variables }: Replication, models: RunningServer['models']): string {
  return `${variables.length}${models === undefined ? '' : ' for each model'}, which share all of this`;
}

function listedModel({ id, state, info }: ListedModel): string {
  return info === null ? `${id}, ${state ?? 'unloaded'}` : `${id}, ${size(info)}`;
}

function size({ contextLength, embeddings }: EngineInfo): string {
  if (embeddings === undefined) return `${contextLength} tokens of context per slot`;
  return `embeddings of up to ${contextLength} tokens in ${embeddings.dimensions} dimensions`;
}

/** The same for scripts. */
export function readyEvent({ url, info, models }: RunningServer, { queue }: ServeOptions): object {
  return {
    event: 'ready',
    url,
    model: models?.[0]?.id ?? info.modelId,
    ...(models !== undefined && { models: models.map(({ id, state }) => ({ id, state })) }),
    context_length: info.contextLength,
    device: info.device,
    prompt_cache_bytes: info.promptCache.status === 'on' ? info.promptCache.limitBytes : 0,
    slots: info.slots,
    max_concurrency: queue.maxConcurrency,
    max_queue: queue.maxQueue,
  };
}
