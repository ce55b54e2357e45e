import type { BenchOptions } from '../../../core/bench/plan/options.js';
import { meanRate, timesOf, type TraceReplay } from '../../../core/bench/plan/trace.js';
import { readTraceFile } from '../../../core/bench/plan/trace-file.js';
import { singleRequests } from '../../../core/measurement/workload/conversation-shape.js';
import { type FlagOrigins, valuesOf } from '../../flags/flags.js';
import type { BenchFlags } from '../flags/flags.js';
import { limitOf } from './load.js';
import { refuse } from './refuse.js';

/** Flags for what the trace itself determines. */
const saidByTraces = [
  ...(['concurrency', 'ramp', 'stages', 'arrival'] as const),
  ...(['input-tokens', 'output-tokens', 'shared-prefix', 'turns', 'think-time'] as const),
];

/**
 * The trace of `--trace`, limited to the part that is measured; null without one.
 *
 * @throws ChatstreamError `usage`
 */
export async function traceOf(flags: BenchFlags, { isTyped }: FlagOrigins): Promise<TraceReplay | null> {
  const { trace: path, speed } = flags;
  if (path === undefined) {
    if (isTyped('speed')) refuse('--speed is for a trace, but --trace is not given.', 'Add --trace.');
    return null;
  }
  for (const name of saidByTraces) {
    if (isTyped(name)) refuse(`--${name} cannot be combined with --trace, which says that itself.`, 'Leave out one of the two.'); // prettier-ignore
  }
  if (valuesOf(flags['abort-on']).includes('overload')) {
    refuse(
      '--abort-on overload needs a load that stays the same, but --trace changes it.',
      'Leave it out; --abort-on errors and slo work.',
    );
  }
  const longestMs = flags.duration === undefined ? Infinity : (warmupOf(flags, isTyped) + flags.duration) * speed;
  return { trace: await readTraceFile(path, longestMs), speed };
}

/** A trace begins with its first row, without a warm-up unless one is given. */
function warmupOf({ warmup }: BenchFlags, isTyped: FlagOrigins['isTyped']): number {
  return isTyped('warmup') ? warmup : 0;
}

/** The options of a bench that replays a trace, to its end unless a duration is given. */
export function withTrace(
  options: BenchOptions,
  replay: TraceReplay,
  flags: BenchFlags,
  { isTyped }: FlagOrigins,
): BenchOptions {
  const warmupMs = warmupOf(flags, isTyped);
  const outputs = replay.trace.rows.map(({ outputTokens }) => outputTokens);
  const [min, max] = outputs.reduce(([least, most], each) => [Math.min(least, each), Math.max(most, each)], [Infinity, 1]); // prettier-ignore
  const lastMs = (timesOf(replay).at(-1) ?? 0) * 1000;
  if (lastMs < warmupMs) refuse('The warm-up is longer than the trace.', 'Shorten --warmup, or lower --speed.');
  return {
    ...options,
    load: { type: 'open', rates: [meanRate(replay)], arrival: 'poisson', ...limitOf(flags) },
    conversations: singleRequests,
    outputTokens: min === max ? { type: 'fixed', tokens: max } : { type: 'uniform', min, max },
    warmupMs,
    // The measured time must contain the last row.
    durationMs: flags.duration ?? Math.ceil(lastMs - warmupMs) + 1,
    extension: null,
  };
}
