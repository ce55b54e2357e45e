import type { CancelTimer, Clock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { RequestLine } from '../inference/queue/request-line.js';
import { type Span, spansOf } from './trace-spans.js';

/** How long traces are collected before they are sent together, in milliseconds. */
const intervalMs = 5000;

const defaultMostSpans = 8192;

/** Longest time for one delivery in milliseconds, and for the last one when the server ends. */
const patienceMs = 10_000;
const lastPatienceMs = 2000;

export interface TraceExporterOptions {
  readonly url: string;
  /** This package's version. */
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Spans that wait to be sent. Traces beyond this number are dropped, so that the memory does not fill if the
   * collector is gone.
   */
  readonly mostSpans?: number;
}

/**
 * Sends a trace of each request to an OpenTelemetry collector, by OTLP over HTTP in JSON. Traces that cannot be
 * delivered are dropped. The log says so once, and says how many were lost when a delivery succeeds again.
 *
 * OpenTelemetry needs ten packages for this, and its exporter has no stable version; this is one message, whose
 * format is stable.
 */
export class TraceExporter {
  readonly #options: TraceExporterOptions;
  readonly #stopListening: () => void;
  #spans: Span[] = [];
  /** Traces that were lost since the last delivery that succeeded. */
  #dropped = 0;
  /** For the next delivery. */
  #withinMs = patienceMs;
  #isFailing = false;
  #delivery: Promise<void> | null = null;
  #cancelTimer: CancelTimer | null = null;

  constructor(line: RequestLine, options: TraceExporterOptions) {
    this.#options = options;
    const { mostSpans = defaultMostSpans } = options;
    this.#stopListening = line.events((event) => {
      if (event.type !== 'settled') return;
      if (this.#spans.length >= mostSpans) {
        this.#dropped += 1;
        return;
      }
      this.#spans.push(...spansOf(event, Date.now()));
      this.#cancelTimer ??= options.clock.schedule(intervalMs, () => {
        this.#cancelTimer = null;
        void this.#deliver();
      });
    });
  }

  /** Sends the remaining spans, and nothing after that. */
  async stop(): Promise<void> {
    this.#stopListening();
    this.#cancelTimer?.();
    this.#withinMs = lastPatienceMs;
    await this.#deliver();
  }

  /** Deliveries do not overlap: the next one takes what has arrived in the meantime. */
  async #deliver(): Promise<void> {
    while (this.#delivery !== null) await this.#delivery;
    if (this.#spans.length === 0) return;
    const spans = this.#spans;
    this.#spans = [];
    this.#delivery = this.#send(spans).finally(() => {
      this.#delivery = null;
    });
    await this.#delivery;
  }

  async #send(spans: readonly Span[]): Promise<void> {
    const { url, version } = this.#options;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(messageWith(spans, version)),
        signal: AbortSignal.timeout(this.#withinMs),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`the collector answers with ${response.status}`);
      this.#succeeded();
    } catch (error) {
      this.#dropped += spans.filter(({ parentSpanId }) => parentSpanId === undefined).length;
      this.#failed(messageOf(error instanceof Error ? (error.cause ?? error) : error));
    }
  }

  #succeeded(): void {
    const { logger } = this.#options;
    const fields = { dropped_traces: this.#dropped };
    if (this.#isFailing) logger.info(fields, 'traces are delivered again');
    else if (this.#dropped > 0) logger.warn(fields, 'traces came faster than they could be delivered');
    this.#isFailing = false;
    this.#dropped = 0;
  }

  #failed(reason: string): void {
    if (!this.#isFailing) this.#options.logger.warn({ reason }, 'traces cannot be delivered and are dropped');
    this.#isFailing = true;
  }
}

/** An `ExportTraceServiceRequest`. */
function messageWith(spans: readonly Span[], version: string): object {
  const resource = {
    attributes: [
      { key: 'service.name', value: { stringValue: 'chatstream' } },
      { key: 'service.version', value: { stringValue: version } },
    ],
  };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'chatstream', version }, spans }] }] };
}
