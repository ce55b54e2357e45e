import type { BenchProgress } from '../../core/bench/run/progress.js';
import type { LoadFigures } from '../../core/server/console/load-tests.js';

/**
 * Reports the progress of a bench to the program that started it, such as a server that load-tests itself. Without a
 * channel to another program, as when started from a shell, it does nothing.
 */
export function parentListener(): (progress: BenchProgress) => void {
  return (progress) => {
    // If the other program is gone, this one ends as well, and a lost message does not matter.
    if (process.connected) process.send?.(figuresOf(progress), undefined, {}, () => undefined);
  };
}

function figuresOf(progress: BenchProgress): LoadFigures {
  const { status, elapsedMs, plannedMs, completed, inFlight, failed } = progress;
  const { outputTokensPerSecond, p50Ms, p95Ms } = progress;
  return {
    ...{ phase: status, elapsedMs, plannedMs, completed, inFlight, failed },
    // A load test always uses streams, whose latency is the time to the first token.
    ...{ outputTokensPerSecond, ttftP50Ms: p50Ms, ttftP95Ms: p95Ms },
  };
}
