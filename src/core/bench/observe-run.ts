import { microsNow } from '../base/micros.js';
import type { Observations } from './result/assemble-series.js';
import { type GpuReading, isOnThisMachine, watchGpus } from './target/gpu-monitor.js';
import type { Target } from './target/target.js';

/**
 * Watches the server beside the load: its queues, and the GPUs if it runs on this machine. What it does not say is missing;
 * nothing of it ends a run.
 *
 * @returns stops watching, and gives what was seen
 */
export function observeRun({ queues, description }: Target): () => Observations {
  const lengths: Observations['lengths'][number][] = [];
  const gpus: GpuReading[] = [];
  let isAsking = false;
  let isSilent = queues === null;
  const ask = async (): Promise<void> => {
    if (isAsking || isSilent || queues === null) return;
    isAsking = true;
    const atUs = microsNow();
    const seen = await queues.read();
    isAsking = false;
    // A server that does not say it at first will not say it later.
    if (seen === null && lengths.length === 0) isSilent = true;
    lengths.push({ atUs, running: seen?.running ?? null, waiting: seen?.waiting ?? null });
  };
  void ask();
  const timer = setInterval(() => void ask(), queues?.everyMs ?? 1000);
  const stopGpus = isOnThisMachine(description.url) ? watchGpus((reading) => gpus.push(reading)) : null;
  return () => {
    clearInterval(timer);
    stopGpus?.();
    return { source: isSilent ? null : (queues?.name ?? null), lengths, gpus };
  };
}
