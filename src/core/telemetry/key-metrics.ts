import { Counter, type Registry } from 'prom-client';
import type { Subscribable } from '../base/emitter.js';
import { type InferenceEvent, wasComputed } from '../inference/request.js';
import { noKey } from '../scheduler/jobs/demand.js';
import { ModelNames } from './model-names.js';
import { countedOutcome } from './totals.js';

/**
 * Registers metrics of what keys use. The label `key` has names from the configuration only, and `model` those of lines, never
 * what a client sends, so that clients cannot make the number of series grow. Without several models, there is no label
 * `model`; nor is there one for a request that was refused before it had a line.
 */
export function observeKeys(events: Subscribable<InferenceEvent>, registry: Registry): void {
  const registers = [registry];
  const counter = (ending: string, help: string, ...labels: readonly string[]): Counter =>
    new Counter({ name: `chatstream_key_${ending}`, help, labelNames: ['key', 'model', ...labels], registers });
  const requests = counter('requests_total', 'Requests of a key that have ended, by outcome.', 'outcome');
  const prompt = counter('prompt_tokens_total', 'Prompt tokens of a key, of requests that have ended.');
  const cached = counter('cached_tokens_total', 'Prompt tokens of a key that needed no prefill.');
  const output = counter('output_tokens_total', 'Output tokens of a key, of requests that have ended.');
  const queueSeconds = counter('queue_seconds_total', 'Time that requests of a key spent in the request queue.');
  const models = new ModelNames();
  events((event) => {
    if (event.type !== 'settled') return;
    const { outcome, timings, model } = event;
    const key = event.key ?? noKey;
    const ofModel = model !== undefined && { model: models.of(model) };
    const labels = { key, ...ofModel };
    requests.inc({ key, ...ofModel, outcome: countedOutcome(outcome) });
    queueSeconds.inc(labels, timings.queueMs / 1000);
    if (!wasComputed(timings)) return;
    prompt.inc(labels, timings.promptTokens);
    cached.inc(labels, timings.cachedTokens);
    output.inc(labels, timings.outputTokens);
  });
}
