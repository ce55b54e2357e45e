import type { BenchProgress } from '../../core/bench/run/progress.js';
import type { LoadFigures } from '../../core/server/console/load-tests.js';

/**
 * Tells the program that started this one how far a bench is: for a server that puts itself under load. Without a channel
 * to another program, as from a shell, it does nothing.
 */
export function parentListener(): (progress: BenchProgress) => void {
  return (progress) => {
    // If the other program is gone, this one ends as well, and there is nothing else to do about a message that was lost.
    if (process.connected) process.send?.(figuresOf(progress), undefined, {}, () => undefined);
  };
}

function figuresOf(progress: BenchProgress): LoadFigures {
  const { status, elapsedMs, plannedMs, completed, inFlight, failed } = progress;
  const { outputTokensPerSecond, p50Ms, p95Ms } = progress;
  return {
    ...{ phase: status, elapsedMs, plannedMs, completed, inFlight, failed },
    // A load test is always one of streams, whose latency is the time to the first token.
    ...{ outputTokensPerSecond, ttftP50Ms: p50Ms, ttftP95Ms: p95Ms },
  };
}
