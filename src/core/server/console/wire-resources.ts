import type { Gpu } from '../../machine/gpu-meter.js';
import type { Resources } from '../../machine/machine.js';
import { historyIntervalMs, type HistorySample } from '../../telemetry/recent-history.js';
import type { WireHistory, WireResources } from '../schemas/state/resources.js';

/** What `GET /v1/resources` answers. */
export function wireResources(resources: Resources): WireResources {
  const { cores, cpu, processCpu, totalBytes, usedBytes, processBytes, gpus } = resources;
  return {
    object: 'resources',
    cpu: { cores, used: rounded(cpu), process: rounded(processCpu) },
    memory: { total_bytes: totalBytes, used_bytes: usedBytes, process_bytes: processBytes },
    gpus: gpus.map(({ name, used, memoryUsedBytes, memoryTotalBytes }) => ({
      name,
      used,
      memory_used_bytes: memoryUsedBytes,
      memory_total_bytes: memoryTotalBytes,
    })),
  };
}

/** What `GET /v1/history` answers. */
export function wireHistory(samples: readonly HistorySample[]): WireHistory {
  return { object: 'history', interval_s: historyIntervalMs / 1000, samples: samples.map(wireSample) };
}

function wireSample(sample: HistorySample): WireHistory['samples'][number] {
  const { tokens, resources } = sample;
  return {
    at_ms: sample.atMs,
    running: sample.running,
    waiting: sample.waiting,
    ...sample.outcomes,
    prompt_tokens: tokens.prompt,
    cached_tokens: tokens.cached,
    output_tokens: tokens.output,
    ttft_ms: sample.ttft,
    queue_wait_ms: sample.queueWait,
    inter_token_ms: sample.interToken,
    engine_restarts: sample.engineRestarts,
    cpu: rounded(resources.cpu),
    memory_bytes: resources.processBytes,
    gpu: allOf(resources.gpus),
  };
}

function allOf(gpus: readonly Gpu[]): WireHistory['samples'][number]['gpu'] {
  if (gpus.length === 0) return null;
  const known = gpus.flatMap(({ used }) => used ?? []);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    used: known.length === 0 ? null : rounded(sum(known) / known.length),
    memory_used_bytes: sum(gpus.map(({ memoryUsedBytes }) => memoryUsedBytes)),
  };
}

function rounded(share: number): number {
  return Math.round(share * 1000) / 1000;
}
