import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ServingEngine } from '../engine/engine.js';
import type { RequestLine } from '../inference/queue/request-line.js';
import { onEngineRestart } from './engine-restarts.js';
import { observeExecutors } from './executor-metrics.js';
import { observeKeys } from './key-metrics.js';
import { tokenBuckets } from './metric-buckets.js';
import { observeHeldLines, observeModels } from './model-metrics.js';
import { observePromptCache } from './prompt-cache-metrics.js';
import { observeRequests } from './request-metrics.js';

/** Generations in a round. */
const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

const misnamedMetrics = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
] as const;

/** Why the server closes connections by itself: to make room, for lack of room, because of a slow body or of too many requests at once. */
const closingReasons = ['idle', 'refused', 'slow_body', 'pipelined'] as const;

export type ClosingReason = (typeof closingReasons)[number];

/** What is known about the open connections. */
export interface ConnectionCounts {
  readonly open: number;
  /** How many of these have no request. */
  readonly idle: number;
}

/** Prometheus metrics of the queues and the engine, computed only from their events. */
export class Metrics {
  readonly #registry = new Registry();
  #rendering: Promise<string> | null = null;
  readonly #closedConnections: Counter;

  /** @param engines none where other servers generate */
  constructor(line: RequestLine, engines: readonly ServingEngine[]) {
    collectDefaultMetrics({ register: this.#registry });
    // Gauges with the name of a counter, which Prometheus' own check refuses. The gauges by type have the same numbers.
    for (const name of misnamedMetrics) this.#registry.removeSingleMetric(name);
    this.#gauge('chatstream_requests_running', 'Generations in the processing queue.', () => line.running);
    this.#gauge('chatstream_requests_waiting', 'Requests in the request queue.', () => line.waiting);
    this.#gauge(
      'chatstream_requests_preparing',
      'Requests whose prompts are being turned into tokens.',
      () => line.preparing,
    );
    this.#gauge('chatstream_queued_tokens', 'Prompt tokens of waiting requests.', () => line.queuedTokens);
    this.#gauge('chatstream_max_concurrency', 'Size of the processing queue.', () => line.limits.maxConcurrency);
    this.#gauge('chatstream_max_queue', 'Size of the request queue.', () => line.limits.maxQueue);
    observeRequests(line.events, this.#registry);
    observeKeys(line.events, this.#registry);
    observeExecutors(line, this.#registry);
    observeModels(line, this.#registry);
    if (engines.length > 0) {
      this.#observeRounds(engines);
      this.#countRestarts(engines);
      observePromptCache(engines, this.#registry);
    }
    this.#closedConnections = this.#counter(
      'chatstream_http_connections_closed_total',
      'Connections that the server closed to keep within its limits, by reason.',
      ['reason'],
    );
    for (const reason of closingReasons) this.#closedConnections.inc({ reason }, 0);
  }

  /** @param most the maximum number of connections that the server keeps open */
  observeConnections(connections: ConnectionCounts, most: number): void {
    this.#gauge('chatstream_max_http_connections', 'Connections that the server keeps open at most.', () => most);
    new Gauge({
      name: 'chatstream_http_connections',
      help: 'Open connections: active ones have a request that is being answered, idle ones have none.',
      labelNames: ['state'],
      registers: [this.#registry],
      collect() {
        this.set({ state: 'active' }, connections.open - connections.idle);
        this.set({ state: 'idle' }, connections.idle);
      },
    });
  }

  /**
   * For a server that may hold the lines of models for others.
   *
   * @param held the models whose lines it holds now
   */
  observeHeldLines(line: Pick<RequestLine, 'modelQueues'>, held: () => readonly string[]): void {
    observeHeldLines(line, held, this.#registry);
  }

  /** Counts a connection that the server closed to keep within its limits. */
  connectionClosed(reason: ClosingReason): void {
    this.#closedConnections.inc({ reason });
  }

  /** The media type of what {@link render} returns. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * All metrics in Prometheus' text format. Requests in the meantime get the same text, because writing it takes
   * milliseconds.
   */
  render(): Promise<string> {
    this.#rendering ??= this.#registry.metrics().finally(() => {
      this.#rendering = null;
    });
    return this.#rendering;
  }

  #observeRounds(engines: readonly ServingEngine[]): void {
    const seconds = this.#histogram('chatstream_round_seconds', 'Duration of a round.', tokenBuckets);
    const size = this.#histogram('chatstream_batch_size', 'Generations that took part in a round.', batchBuckets);
    const chunks = new Map<ServingEngine, number>();
    this.#gauge(
      'chatstream_prefill_chunk_tokens',
      'Prompt tokens that a round may process, as --tpot-target has it; 0 without that. The least of all engines.',
      () => (chunks.size === 0 ? 0 : Math.min(...chunks.values())),
    );
    for (const engine of engines) {
      engine.rounds((round) => {
        if (round.prefillChunk !== undefined) chunks.set(engine, round.prefillChunk);
        seconds.observe(round.durationMs / 1000);
        size.observe(round.batchSize);
      });
    }
  }

  #countRestarts(engines: readonly ServingEngine[]): void {
    const restarts = this.#counter('chatstream_engine_restarts_total', 'Times the engine process was started again.');
    for (const engine of engines) {
      onEngineRestart(engine, () => {
        restarts.inc();
      });
    }
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, buckets, registers: [this.#registry] });
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}
