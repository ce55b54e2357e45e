/** The supported formats; docs/bench.md describes them. */
export type TraceFormat = 'mooncake' | 'azure' | 'burstgpt';

/**
 * What the rows of a session contain: `cumulative`: the whole conversation so far; `deltas`: only the new part;
 * `mixed`: some this, some that, so each counts as a whole prompt; `none`: no session has several rows. Rows with
 * blocks are whole prompts in any case.
 */
export type SessionRows = 'cumulative' | 'deltas' | 'mixed' | 'none';

/** One request of a trace. */
export interface TraceRow {
  /** From the first row, in milliseconds. */
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The contents of the prompt, in blocks of {@link blockTokens}: rows with the same ids share their beginning. */
  readonly blocks: readonly number[] | null;
  /** Number of its session, whose rows share their beginning; null without one. */
  readonly session: number | null;
  /** Tokens of the session before this row, if rows are deltas; else 0. */
  readonly tokensBefore: number;
}

/** Tokens of a block in Mooncake's traces. */
export const blockTokens = 512;

/** Requests that were once sent to some server, with the times at which they were sent. */
export interface Trace {
  /** The file's name and the beginning of its SHA-256. */
  readonly name: string;
  readonly format: TraceFormat;
  /** In the order of their times. */
  readonly rows: readonly TraceRow[];
  readonly sessionRows: SessionRows;
  /** Which rows were left out, and why; null if none were. */
  readonly leftOut: string | null;
}

/** A trace, and how fast it is replayed. */
export interface TraceReplay {
  readonly trace: Trace;
  /** 2: in half the time. */
  readonly speed: number;
}

/** When the rows are due, in seconds from the start. */
export function timesOf({ trace, speed }: TraceReplay): readonly number[] {
  return trace.rows.map(({ atMs }) => atMs / 1000 / speed);
}

/**
 * The share of the requests due within the duration that is due by now, 0 to 1. Called several times a second while a
 * trace of any length is replayed.
 *
 * @param times in seconds, in rising order
 */
export function shareOfTimes(
  times: readonly number[],
  measuredMs: number,
  { warmupMs, durationMs }: { readonly warmupMs: number; readonly durationMs: number },
): number {
  const dueBefore = (ms: number): number => countBefore(times, warmupMs + ms);
  const warmup = dueBefore(0);
  const all = dueBefore(durationMs) - warmup;
  return all === 0 ? 1 : (dueBefore(Math.min(Math.max(0, measuredMs), durationMs)) - warmup) / all;
}

/** How many of the times, which are in rising order, are before this one, in milliseconds. */
function countBefore(times: readonly number[], ms: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if ((times[middle] ?? Infinity) * 1000 < ms) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Requests per second on average. */
export function meanRate(replay: TraceReplay): number {
  const times = timesOf(replay);
  return Number((times.length / Math.max(1, times.at(-1) ?? 0)).toPrecision(4));
}
