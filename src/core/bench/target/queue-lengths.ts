import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { sumOf } from '../../measurement/latency/prometheus-text.js';
import { type Http, jsonOf } from './http.js';
import type { SeenLimit } from './limit-watch.js';

/** Requests that a server is processing, and those that wait for it. */
interface QueueLengths {
  readonly running: number;
  readonly waiting: number;
  /** Null for a server that does not say it. */
  readonly limit: SeenLimit | null;
}

/** How to ask a server how many requests run and wait. */
export interface QueueLengthsSource {
  /** The source of the numbers, for readers. */
  readonly name: string;
  /** How often the server may be asked without being disturbed. */
  readonly everyMs: number;
  /** Never rejects. @returns null if it does not say */
  read(): Promise<QueueLengths | null>;
}

const queueView = Compile(
  Type.Object({
    running: Type.Array(Type.Unknown()),
    waiting: Type.Array(Type.Unknown()),
    /** Of all requests, where the lists may have only those of one key. Older servers do not say. */
    running_count: Type.Optional(Type.Integer()),
    waiting_count: Type.Optional(Type.Integer()),
  }),
);

const limits = { max_concurrency: Type.Integer(), slots: Type.Integer() };
const limitView = Compile(
  Type.Object({
    ...limits,
    models: Type.Optional(Type.Array(Type.Object({ ...limits, name: Type.String() }))),
  }),
);

/** The gauges of other servers in Prometheus's text format. */
const gauges = {
  vllm: { running: 'vllm:num_requests_running', waiting: 'vllm:num_requests_waiting' },
  sglang: { running: 'sglang:num_running_reqs', waiting: 'sglang:num_queue_reqs' },
  tgi: { running: 'tgi_batch_current_size', waiting: 'tgi_queue_size' },
  'llama-server': { running: 'llamacpp:requests_processing', waiting: 'llamacpp:requests_deferred' },
} as const;

/** The limit of a model, as `queueControl` sets it. */
function limitIn(view: unknown, model: string): SeenLimit | null {
  if (!limitView.Check(view)) return null;
  const { max_concurrency: maxConcurrency, slots } =
    view.models?.find(({ name }) => name === model) ?? view.models?.[0] ?? view;
  return { maxConcurrency, slots };
}

/**
 * @param model the one that requests ask for
 * @returns null for a server that is not known to report it
 */
export function queueLengthsSource(http: Http, server: string, model: string): QueueLengthsSource | null {
  if (server === 'chatstream') {
    return {
      name: 'GET /v1/queue',
      everyMs: 250,
      async read() {
        const answer = await http.get('/v1/queue').catch(() => null);
        const view = answer?.status === 200 ? jsonOf(answer) : undefined;
        if (!queueView.Check(view)) return null;
        const { running_count: running = view.running.length, waiting_count: waiting = view.waiting.length } = view;
        return { running, waiting, limit: limitIn(view, model) };
      },
    };
  }
  const names = Object.entries(gauges).find(([name]) => name === server)?.[1];
  if (names === undefined) return null;
  return {
    name: 'GET /metrics',
    // The text can be long.
    everyMs: 1000,
    async read() {
      const answer = await http.get('/metrics').catch(() => null);
      if (answer?.status !== 200 || !answer.text.includes(names.running)) return null;
      return { running: sumOf(answer.text, names.running), waiting: sumOf(answer.text, names.waiting), limit: null };
    },
  };
}
