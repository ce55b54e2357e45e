import { metricNames } from '../../../measurement/metric-names.js';
import type { BenchResult, Metric, Run, TargetDescription } from '../../../measurement/result-schema.js';
import { firstAndLater } from '../../../measurement/settings/group-summary.js';
import { type CsvColumn, csvText } from '../../text/csv.js';

interface Row {
  readonly run: Run;
  readonly target: TargetDescription;
  readonly role: 'target' | 'baseline';
}

const metricFigures: readonly (readonly [string, (metric: Metric) => number | null])[] = [
  ['count', ({ count }) => count],
  ['mean', ({ mean }) => mean],
  ['stddev', ({ stddev }) => stddev],
  ['min', ({ min }) => min],
  ['max', ({ max }) => max],
  ['p50', ({ p50 }) => p50],
  ['p90', ({ p90 }) => p90],
  ['p95', ({ p95 }) => p95],
  ['p99', ({ p99 }) => p99],
  ['p99_9', ({ p99_9 }) => p99_9],
];

/** Name, with its unit, and value of every column. The order is stable; new columns are added at the end. */
const columns: readonly CsvColumn<Row>[] = [
  ['role', ({ role }) => role],
  ['url', ({ target }) => target.url],
  ['server', ({ target }) => target.server],
  ['model', ({ target }) => target.model],
  ['engine', ({ target }) => target.engine],
  ['concurrency', ({ run }) => run.settings.concurrency],
  ['max_concurrency', ({ run }) => run.settings.max_concurrency],
  ['rate_per_s', ({ run }) => run.settings.rate],
  ['trial', ({ run }) => run.trial],
  ['window_s', ({ run }) => run.window.seconds],
  ['span_s', ({ run }) => run.window.span_seconds],
  ['warmup_requests', ({ run }) => run.window.warmup_requests],
  ['completed', ({ run }) => run.requests.completed],
  ['refused', ({ run }) => run.requests.refused],
  ['failed', ({ run }) => run.requests.failed],
  ['timed_out', ({ run }) => run.requests.timed_out],
  ['reconnects', ({ run }) => run.requests.reconnects],
  ['errors', ({ run }) => pairs(run.requests.errors)],
  ['requests_per_s', ({ run }) => run.rates.requests_per_second],
  ['output_tokens_per_s', ({ run }) => run.rates.output_tokens_per_second],
  ['input_tokens_per_s', ({ run }) => run.rates.input_tokens_per_second],
  ['goodput_per_s', ({ run }) => run.rates.goodput],
  ['success_rate', ({ run }) => run.rates.success_rate],
  ['output_tokens_source', ({ run }) => run.output_tokens_source],
  ['queue_wait_source', ({ run }) => run.metrics.queue_wait.source],
  ...metricNames.flatMap((name) =>
    metricFigures.map(
      ([figure, of]) =>
        [
          figure === 'count' ? `${name}_count` : `${name}_${figure}_ms`,
          ({ run }: Row) => of(run.metrics[name]),
        ] as const,
    ),
  ),
  ['client_event_loop_delay_p50_ms', ({ run }) => run.client.event_loop_delay_ms.p50],
  ['client_event_loop_delay_p99_ms', ({ run }) => run.client.event_loop_delay_ms.p99],
  ['client_event_loop_delay_max_ms', ({ run }) => run.client.event_loop_delay_ms.max],
  ['client_cpu_share', ({ run }) => run.client.cpu_share],
  ['client_workers', ({ run }) => run.client.workers],
  ['client_saturated', ({ run }) => run.client.saturated],
  ['littles_law_error', ({ run }) => run.checks.littles_law_error],
  ['cached_prompt_tokens', ({ run }) => run.prompt_cache?.cached_tokens ?? null],
  ['cached_prompt_share', ({ run }) => run.prompt_cache?.share ?? null],
  ['prompt_cache_source', ({ run }) => run.prompt_cache?.source ?? null],
  ['burst_answers', ({ run }) => run.checks.burst_answers ?? null],
  ['hidden_reasoning_tokens', ({ run }) => run.checks.hidden_reasoning_tokens ?? null],
  ['contradicted_usage_answers', ({ run }) => run.checks.contradicted_usage?.answers ?? null],
  ['held_open_answers', ({ run }) => run.checks.held_open?.answers ?? null],
  ['held_open_mean_ms', ({ run }) => run.checks.held_open?.mean_ms ?? null],
  ['extended_s', ({ run }) => run.window.extended_seconds ?? 0],
  ...metricNames.flatMap((name) =>
    (['lower', 'upper'] as const).map(
      (end) => [`${name}_p50_${end}_ms`, ({ run }: Row) => run.metrics[name].p50_interval?.[end] ?? null] as const,
    ),
  ),
  ['overload_in_flight_per_s', ({ run }) => run.overload?.in_flight_per_second.slope ?? null],
  ['held_back', ({ run }) => run.held_back?.requests ?? null],
  ['held_back_mean_ms', ({ run }) => run.held_back?.mean_ms ?? null],
  ['held_back_max_ms', ({ run }) => run.held_back?.max_ms ?? null],
  ['cancelled_requests', ({ run }) => run.cancelled?.requests ?? null],
  ['cancelled_left', ({ run }) => run.cancelled?.left ?? null],
  ['cancelled_left_before_first_token', ({ run }) => run.cancelled?.left_before_first_token ?? null],
  ['probes_completed', ({ run }) => run.probes?.completed ?? null],
  ['probes_unanswered', ({ run }) => run.probes?.unanswered ?? null],
  ['probe_ttft_p50_ms', ({ run }) => run.probes?.ttft.p50 ?? null],
  ['probe_ttft_p95_ms', ({ run }) => run.probes?.ttft.p95 ?? null],
  ['first_turn_ttft_p50_ms', ({ run }) => firstAndLater([run]).first?.ttft.p50 ?? null],
  ['later_turns_ttft_p50_ms', ({ run }) => firstAndLater([run]).later?.ttft.p50 ?? null],
  ['jain_index', ({ run }) => run.jain_index ?? null],
];

/** One row per setting and trial. */
export function toCsv(result: BenchResult): string {
  const rows: Row[] = result.runs.map((run) => ({ run, target: result.target, role: 'target' }));
  for (const run of result.versus?.runs ?? []) {
    rows.push({ run, target: result.versus?.target ?? result.target, role: 'baseline' });
  }
  return csvText(columns, rows);
}

/** `queue_full=12 http_500=1`. */
function pairs(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([code, count]) => `${code}=${count}`)
    .join(' ');
}
