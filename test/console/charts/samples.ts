import type { HistorySample } from '../../../console/src/api/wire.js';
import type { Past } from '../../../console/src/charts/shown.js';

/** Five seconds in which nothing happened, except what is said. */
export function sampleAt(atMs: number, seen: Partial<HistorySample> = {}): HistorySample {
  return {
    at_ms: atMs,
    ...{ running: 0, waiting: 0, completed: 0, failed: 0, cancelled: 0, refused: 0, timed_out: 0 },
    ...{ prompt_tokens: 0, cached_tokens: 0, output_tokens: 0 },
    ...{ ttft_ms: null, queue_wait_ms: null, inter_token_ms: null },
    ...{ engine_restarts: 0, cpu: 0, memory_bytes: 0, gpu: null },
    ...seen,
  };
}

export function pastOf(samples: readonly HistorySample[], gpus: Past['machine']['gpus'] = []): Past {
  return {
    samples,
    intervalSeconds: 5,
    machine: {
      cpu: { cores: 4, used: 0.5, process: 0.25 },
      memory: { total_bytes: 16 * 2 ** 30, used_bytes: 8 * 2 ** 30, process_bytes: 2 ** 30 },
      gpus,
    },
  };
}
