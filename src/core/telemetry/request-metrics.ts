import { Counter, Histogram, type Registry } from 'prom-client';
import type { Subscribable } from '../base/emitter.js';
import { hasPace, type InferenceEvent, wasComputed } from '../inference/request.js';
import { tokenBuckets, waitBuckets } from './metric-buckets.js';
import { countedOutcome, countedOutcomes } from './totals.js';

/** Registers metrics of requests: how long they take, how they end, and their tokens. */
export function observeRequests(events: Subscribable<InferenceEvent>, registry: Registry): void {
  observeTimes(events, registry);
  countOutcomes(events, registry);
  countTokens(events, registry);
}

function observeTimes(events: Subscribable<InferenceEvent>, registry: Registry): void {
  const histogram = (name: string, help: string, buckets: number[] = waitBuckets): Histogram =>
    new Histogram({ name: `chatstream_${name}`, help, buckets, registers: [registry] });
  const queueWait = histogram('queue_wait_seconds', 'Time in the request queue.');
  const ttft = histogram('time_to_first_token_seconds', 'From the arrival of a request to its first token.');
  const prefill = histogram('prefill_seconds', 'From leaving the queue to the first token.');
  const tpot = histogram(
    'time_per_output_token_seconds',
    'Mean time between the tokens of a completed request.',
    tokenBuckets,
  );
  const e2e = histogram('e2e_request_latency_seconds', 'From the arrival of a completed request to its last token.');
  events((event) => {
    if (event.type === 'started') queueWait.observe(event.queueMs / 1000);
    if (event.type === 'first_token') {
      prefill.observe(event.prefillMs / 1000);
      ttft.observe(event.sinceArrivalMs / 1000);
    }
    if (event.type !== 'settled' || event.outcome !== 'completed') return;
    const { timings } = event;
    e2e.observe(event.sinceArrivalMs / 1000);
    if (hasPace(timings)) tpot.observe(timings.decodeMs / (timings.outputTokens - 1) / 1000);
  });
}

function countOutcomes(events: Subscribable<InferenceEvent>, registry: Registry): void {
  const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
    new Counter({ name: `chatstream_${name}`, help, labelNames, registers: [registry] });
  const requests = counter('requests_total', 'Requests that have ended, by outcome.', ['outcome']);
  for (const outcome of countedOutcomes) requests.inc({ outcome }, 0);
  const deadlines = counter(
    'deadline_requests_total',
    'Requests that could not start before their deadline: refused on arrival, or dropped while they waited.',
    ['stage'],
  );
  for (const stage of ['arrival', 'waiting']) deadlines.inc({ stage }, 0);
  const late = counter(
    'ttft_target_refusals_total',
    'Requests that were refused, or dropped while they waited, because of --ttft-target.',
  );
  const pauses = counter('preemptions_total', 'Running batch generations that were paused for an interactive request.');
  events((event) => {
    if (event.type === 'paused') pauses.inc();
    if (event.type !== 'settled') return;
    const { outcome, error } = event;
    requests.inc({ outcome: countedOutcome(outcome) });
    if (error?.code === 'deadline') deadlines.inc({ stage: outcome === 'refused' ? 'arrival' : 'waiting' });
    if (error?.code === 'ttft_target') late.inc();
  });
}

function countTokens(events: Subscribable<InferenceEvent>, registry: Registry): void {
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `chatstream_${name}_tokens_total`, help, registers: [registry] });
  const prompt = counter('prompt', 'Prompt tokens of requests that have ended.');
  const cached = counter('cached', 'Prompt tokens that needed no prefill.');
  const output = counter('output', 'Output tokens of requests that have ended.');
  events((event) => {
    if (event.type !== 'settled' || !wasComputed(event.timings)) return;
    const { promptTokens, cachedTokens, outputTokens } = event.timings;
    prompt.inc(promptTokens);
    cached.inc(cachedTokens);
    output.inc(outputTokens);
  });
}
