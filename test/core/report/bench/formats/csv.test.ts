import { describe, expect, it } from 'vitest';
import { toCsv } from '../../../../../src/core/report/bench/formats/csv.js';
import { benchResult } from '../../../../support/bench-result.js';
import { examples } from '../examples.js';

/** Rows as objects; for fields without line breaks. */
function parsed(csv: string): readonly Readonly<Record<string, string>>[] {
  const [head = [], ...rows] = csv.trimEnd().split('\n').map(fields);
  return rows.map((row) => Object.fromEntries(head.map((name, index) => [name, row[index] ?? 'missing'])));
}

function fields(line: string): readonly string[] {
  return Array.from(line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'),
  );
}

describe('the CSV file', () => {
  it('has one row per setting and trial, and those of the baseline', () => {
    const rows = parsed(toCsv(examples.busy().result));
    expect(rows).toHaveLength(3 * 2 * 2);
    expect(rows[0]).toMatchObject({ role: 'target', max_concurrency: '2', trial: '1', server: 'chatstream/0.1.0' });
    expect(rows[6]).toMatchObject({ role: 'baseline', max_concurrency: '2', trial: '1', server: 'llama-server' });
  });

  it('has the figures of the result', () => {
    const [run] = examples.busy().result.runs;
    expect(parsed(toCsv(examples.busy().result))[0]).toMatchObject({
      completed: '300',
      refused: '5210',
      timed_out: '3',
      errors: 'queue_full=5210 timeout=3',
      goodput_per_s: '0.4',
      queue_wait_source: 'measured',
      queue_wait_p50_ms: String(run?.metrics.queue_wait.p50),
      e2e_count: '300',
      client_saturated: 'false',
    });
  });

  it('leaves empty what is not known', () => {
    expect(parsed(toCsv(examples.nothing().result))[0]).toMatchObject({
      engine: '',
      max_concurrency: '',
      ttft_p50_ms: '',
      goodput_per_s: '',
    });
  });

  it('quotes what needs it', () => {
    const model = 'say "hello", model';
    expect(parsed(toCsv(benchResult({ settings: [{}], target: { model } }).result))[0]?.['model']).toBe(model);
  });

  it('has the same columns in every result, in this order', () => {
    const [head] = toCsv(examples.sweep().result).split('\n');
    expect(toCsv(examples.nothing().result).split('\n')[0]).toBe(head);
    expect(
      head
        ?.split(',')
        .filter((name) => !/^(ttft_f|client_w|queue_wait_[^s]|prefill|delivery|chunk|tpot|e2e)/.test(name)),
    ).toMatchInlineSnapshot(`
      [
        "role",
        "url",
        "server",
        "model",
        "engine",
        "concurrency",
        "max_concurrency",
        "rate_per_s",
        "trial",
        "window_s",
        "span_s",
        "warmup_requests",
        "completed",
        "refused",
        "failed",
        "timed_out",
        "reconnects",
        "errors",
        "requests_per_s",
        "output_tokens_per_s",
        "input_tokens_per_s",
        "goodput_per_s",
        "success_rate",
        "output_tokens_source",
        "queue_wait_source",
        "ttft_count",
        "ttft_mean_ms",
        "ttft_stddev_ms",
        "ttft_min_ms",
        "ttft_max_ms",
        "ttft_p50_ms",
        "ttft_p90_ms",
        "ttft_p95_ms",
        "ttft_p99_ms",
        "ttft_p99_9_ms",
        "queue_wait_stddev_ms",
        "client_event_loop_delay_p50_ms",
        "client_event_loop_delay_p99_ms",
        "client_event_loop_delay_max_ms",
        "client_cpu_share",
        "client_saturated",
        "littles_law_error",
        "cached_prompt_tokens",
        "cached_prompt_share",
        "prompt_cache_source",
        "burst_answers",
        "hidden_reasoning_tokens",
        "contradicted_usage_answers",
        "held_open_answers",
        "held_open_mean_ms",
        "extended_s",
        "ttft_p50_lower_ms",
        "ttft_p50_upper_ms",
        "overload_in_flight_per_s",
        "held_back",
        "held_back_mean_ms",
        "held_back_max_ms",
        "cancelled_requests",
        "cancelled_left",
        "cancelled_left_before_first_token",
        "probes_completed",
        "probes_unanswered",
        "probe_ttft_p50_ms",
        "probe_ttft_p95_ms",
        "first_turn_ttft_p50_ms",
        "later_turns_ttft_p50_ms",
        "jain_index",
      ]
    `);
  });
});
