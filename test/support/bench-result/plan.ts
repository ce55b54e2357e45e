import type { Plan } from '../../../src/core/measurement/result-schema.js';
import type { ResultDescription } from './description.js';

/** The plan that the settings were measured by. */
export function planOf({ settings, trials = 1, plan }: ResultDescription): Plan {
  const distinct = (values: readonly (number | null | undefined)[]): number[] => [
    ...new Set(values.filter((value) => typeof value === 'number')),
  ];
  const maxConcurrency = distinct(settings.map((setting) => setting.maxConcurrency));
  const [rate = null] = distinct(settings.map((setting) => setting.rate));
  return {
    loop: rate === null ? 'closed' : 'open',
    concurrency: rate === null ? distinct(settings.map(({ concurrency = 8 }) => concurrency)) : [],
    max_concurrency: maxConcurrency.length === 0 ? null : maxConcurrency,
    rate,
    arrival: rate === null ? null : 'poisson',
    duration_ms: 10_000,
    requests: null,
    warmup_ms: 1000,
    trials,
    workload: 'synthetic',
    input_tokens: 64,
    output_tokens: 64,
    ignore_eos: true,
    shared_prefix_tokens: 0,
    seed: 1,
    prompt_salt: 0,
    timeout_ms: 120_000,
    endpoint: '/v1/chat/completions',
    extra_body: null,
    no_param: [],
    slo: [],
    ...plan,
  };
}
