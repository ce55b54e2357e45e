import { untilAborted } from '../../base/abort.js';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import type { TargetDescription } from '../../measurement/result-schema.js';
import { type AnswerForm, type Endpoint, pathOf } from '../../measurement/workload/endpoints.js';
import type { Transport, Trust } from '../client/transport.js';
import type { BenchOptions, TargetOptions } from '../plan/options.js';
import { serverAddressOf } from '../plan/server-address.js';
import { type DetectedServer, detectServer, findApiPath } from './detect.js';
import { httpOf } from './http.js';
import { type OwnServer, startOwnServer } from './own-server.js';
import { readCounters, type ServerCounters } from './prometheus.js';
import { type QueueControl, queueControl } from './queue-control.js';
import { type QueueLengthsSource, queueLengthsSource } from './queue-lengths.js';

/** A server under load, and what else it can be asked. */
export interface Target {
  readonly description: TargetDescription;
  /** Where the requests go. Its query may contain a key, so it must not get into results or logs. */
  readonly requestsUrl: string;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it understands `ignore_eos`. */
  readonly ignoresEos: boolean;
  /** Whether it sends its usage with every chunk on request (`continuous_usage_stats`). */
  readonly sendsRunningUsage: boolean;
  /** How to set its max-concurrency; null if that is not possible. */
  readonly queue: QueueControl | null;
  /** How to ask how many requests run and wait; null if it is not known to report this. */
  readonly queues: QueueLengthsSource | null;
  /** Reads its own counters so far; null if it has no metrics that we know, or does not show them. */
  readCounters(): Promise<ServerCounters | null>;
  /** Asks whether it is still there. @returns why not, as a sentence; null if it answers */
  whyGone(): Promise<string | null>;
  /**
   * Restores what was changed, and ends the server if it was started for the bench. Never rejects, so that a
   * measurement is not lost.
   *
   * @returns a sentence about what could not be restored; null if everything was
   */
  close(): Promise<string | null>;
}

export interface TargetHooks {
  /** Called when a server of our own is about to be started. */
  readonly onServerStart: () => void;
  /** Called when the bench begins to wait until a server is ready, with its URL. */
  readonly onWait?: (url: string) => void;
  /** Called with each line that a server of our own writes to stderr. */
  readonly onServerLog: (line: string) => void;
  /** Aborted to cancel. */
  readonly signal: AbortSignal;
}

type Asked = Pick<BenchOptions, 'headers' | 'modelName' | 'form'>;

/**
 * Reaches the server, or starts it, and identifies it.
 *
 * @throws ChatstreamError `target_unreachable`, or the signal's reason; then nothing is left running
 */
export async function openTarget(
  options: TargetOptions,
  asked: Asked,
  trust: Trust,
  hooks: TargetHooks,
): Promise<Target> {
  if (options.type === 'url') {
    return await untilAborted(describe(options.url, asked, trust, null), hooks.signal);
  }
  hooks.onServerStart();
  const server = await startOwnServer(options.command, hooks.onServerLog, hooks.signal);
  try {
    const target = await untilAborted(describe(server.url, asked, trust, deviceOf(server)), hooks.signal);
    const close = async (): Promise<null> => {
      await server.stop();
      return null;
    };
    const settings = { ...target.description.settings, ...options.serverFlags };
    return { ...target, description: { ...target.description, settings, started_by_bench: true }, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function describe(
  url: string,
  { headers, modelName, form }: Asked,
  trust: Trust,
  device: string | null,
): Promise<Target> {
  const { baseUrl, httpUrl, socketPath, apiPaths, model: namedByUrl, query } = serverAddressOf(url);
  const transport: Transport = { socketPath, trust };
  const http = httpOf(httpUrl, headers, { query, transport, name: baseUrl });
  const apiPath = await findApiPath(http, apiPaths);
  const server = await detectServer(http, baseUrl, apiPath);
  const model = modelName ?? namedByUrl ?? server.models[0];
  if (model === undefined) {
    throw new ChatstreamError('target_unreachable', `${baseUrl} does not say which models it has.`, {
      hint: 'Is --url the base of an OpenAI-compatible server? If so, name a model with --model-name.',
    });
  }
  const queue = server.type === 'chatstream' ? await queueControl(http, model) : null;
  return {
    description: {
      url: baseUrl,
      server: server.name,
      model,
      engine: device,
      settings: queue === null ? {} : settingsOf(queue),
    },
    requestsUrl: `${httpUrl}${apiPath}${pathOf(form.endpoint)}${query}`,
    transport,
    headers,
    ignoresEos: server.ignoresEos && ignoresEosAt(form.endpoint, server),
    sendsRunningUsage: ['vllm', 'sglang'].includes(server.type) && sendsUsageOfChunks(form),
    queue,
    queues: queueLengthsSource(http, server.type, model),
    async readCounters() {
      // Others do not have these metrics, and theirs can be long.
      if (!['vllm', 'tgi', 'sglang'].includes(server.type)) return null;
      const answer = await http.get('/metrics').catch(() => null);
      return answer?.status === 200 ? readCounters(answer.text) : null;
    },
    async whyGone() {
      try {
        await http.get('/v1/models');
        return null;
      } catch (error) {
        return messageOf(error);
      }
    },
    async close() {
      try {
        await queue?.restore();
        return null;
      } catch (error) {
        return `The max-concurrency of ${baseUrl} could not be set back to ${queue?.original}: ${messageOf(error)}`;
      }
    },
  };
}

function settingsOf({ slots, slotsAt, maxQueue }: QueueControl): TargetDescription['settings'] {
  return { slots, ...(slotsAt !== 'server' && { slots_at: slotsAt }), max_queue: maxQueue };
}

/** Servers other than chatstream know `ignore_eos` in OpenAI's older routes, where it was invented. */
function ignoresEosAt(
  endpoint: Endpoint,
  { type, upstreamKinds = [type] }: Pick<DetectedServer, 'type' | 'upstreamKinds'>,
): boolean {
  switch (endpoint) {
    case 'chat':
    case 'completions':
      return true;
    case 'responses':
    case 'messages':
      return upstreamKinds.every((kind) => kind === 'chatstream');
    case 'embeddings':
      return false;
  }
}

/** Whether the value exists at all. */
function sendsUsageOfChunks({ endpoint, streaming }: AnswerForm): boolean {
  return streaming && (endpoint === 'chat' || endpoint === 'completions');
}

/** The device on which the model runs; the mock engine needs none. */
function deviceOf({ device }: OwnServer): string | null {
  return device === 'none' ? null : device;
}
