import { microsNow } from '../../base/micros.js';
import type { Observations } from '../result/assemble-series.js';
import { type GpuReading, isOnThisMachine, watchGpus } from '../target/gpu-monitor.js';
import { type LimitChange, LimitWatch } from '../target/limit-watch.js';
import type { Target } from '../target/target.js';

/** A server that fails to answer this often from the beginning does not support the question. */
const mostFailures = 3;

/** What was observed of the server during a run. */
export interface Observed extends Observations {
  /** A change of its max-concurrency during the run; null if there was none, as far as is known. */
  readonly limitChange: LimitChange | null;
}

/**
 * Watches the server beside the load: its queues, and the GPUs if it runs on this machine. What it does not report is
 * missing, and never ends a run.
 *
 * @param maxConcurrency the value set for the run; null if none was
 * @returns a function that stops watching, and returns the observations
 */
export function observeRun({ queues, description }: Target, maxConcurrency: number | null): () => Observed {
  const limit = new LimitWatch(maxConcurrency);
  const lengths: Observations['lengths'][number][] = [];
  const gpus: GpuReading[] = [];
  let isAsking = false;
  let isKnown = false;
  let isOver = false;
  const ask = async (): Promise<void> => {
    if (isAsking || queues === null || (!isKnown && lengths.length >= mostFailures)) return;
    isAsking = true;
    const atUs = microsNow();
    const seen = await queues.read();
    isAsking = false;
    isKnown ||= seen !== null;
    if (!isOver) limit.see(seen?.limit ?? null);
    lengths.push({ atUs, running: seen?.running ?? null, waiting: seen?.waiting ?? null });
  };
  void ask();
  const timer = setInterval(() => void ask(), queues?.everyMs ?? 1000);
  const stopGpus = isOnThisMachine(description.url) ? watchGpus((reading) => gpus.push(reading)) : null;
  return () => {
    isOver = true;
    clearInterval(timer);
    stopGpus?.();
    return { source: isKnown ? (queues?.name ?? null) : null, lengths, gpus, limitChange: limit.change };
  };
}
