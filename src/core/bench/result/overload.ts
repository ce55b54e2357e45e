import type { Overload } from '../../measurement/result-schema.js';
import { type Slope, theilSen } from '../../statistics/theil-sen.js';
import type { RunTrend, TrendBin } from '../record/run-trend.js';

/** The number of pieces of a run from which a slope is computed. Longer ones depend less on each other. */
const mostPieces = 16;
const leastPieces = 6;

/** Error on each side of the interval of a slope. */
const tail = 0.025;

/**
 * By how many standard deviations of a Poisson count the requests in flight must have grown. At a load just at its
 * capacity, a queue wanders up and down by about one.
 */
const leastGrowth = 3;

/** Below this number, the question does not arise: a server that can follow stays well below it. */
const noticeableGrowth = 1;

/**
 * A run must be this many times as long as one in which growth is expected to exceed chance, because it does not grow
 * evenly.
 */
const enoughToDecide = 3;

/**
 * How many times the length of an answer, or of a conversation, an open loop takes to fill up, because they differ in
 * length.
 */
const fillingLengths = 2;

/** What an open loop fills up with, and since when. */
export interface Filling {
  /** How long the load had been constant before the trend begins. */
  readonly warmupMs: number;
  /** Requests that follow each other in a conversation, on average; 1 if each stands alone. */
  readonly turns: number;
  /** Time between an answer and the next of them, on average. */
  readonly thinkMs: number;
}

/** For single requests without a warm-up. */
export const singleFilling: Filling = { warmupMs: 0, turns: 1, thinkMs: 0 };

/** What is known about the queue of a run. */
export interface QueueGrowth {
  /** Null if the server could follow, or if that cannot be told. */
  readonly overload: Overload | null;
  /**
   * How long the load takes to fill up, in seconds since its beginning, if both rose but too little of the run came
   * after that; otherwise null.
   */
  readonly fillingSeconds: number | null;
  /**
   * How long a run must be to tell, in seconds, if both rose, but by no more than chance can make a queue grow with so
   * few requests; otherwise null.
   */
  readonly undecidedSeconds: number | null;
}

const following: QueueGrowth = { overload: null, fillingSeconds: null, undecidedSeconds: null };

/**
 * Whether a server could not follow an open loop: requests in flight and time to first token both rose all the time, and
 * by more than chance makes a queue grow.
 *
 * Any open loop fills up first: until about the length of one answer has passed, none of its requests end, and until
 * the length of one conversation has passed, its prompts become longer on average. That time is left out.
 */
export function queueGrowthOf({ binUs, bins }: RunTrend, filling: Filling): QueueGrowth {
  const trend = { binUs, bins: sendingBins(bins) };
  const fillingMs = fillingMsOf(trend, filling);
  const settledAfterMs = Math.max(0, fillingMs - filling.warmupMs);
  const pieces = piecesOf(trend);
  const settled = pieces.filter(({ beginMs }) => beginMs >= settledAfterMs);
  if (settled.length >= leastPieces) {
    const growth = growthIn(settled);
    if (growth === null || growth.deviations < noticeableGrowth) return following;
    if (isMoreThanChance(growth)) return { ...following, overload: growth.overload };
    const { seconds, deviations } = growth;
    return { ...following, undecidedSeconds: enoughToDecide * seconds * (leastGrowth / deviations) ** 2 };
  }
  const rose = pieces.length > settled.length && overloadIn(pieces) !== null;
  return { ...following, fillingSeconds: rose ? fillingMs / 1000 : null };
}

/**
 * The same for a part of a run in which requests were sent throughout, at another rate than before.
 *
 * @param whole the whole run, which shows how long answers take
 * @returns null if the server could follow, or if that cannot be told
 */
export function overloadAmong(part: RunTrend, whole: RunTrend, filling: Filling): Overload | null {
  const settledAfterMs = fillingMsOf(whole, filling);
  return overloadIn(piecesOf(part).filter(({ beginMs }) => beginMs >= settledAfterMs));
}

/**
 * How long a load takes to fill up. The time that an answer waits while a queue grows is not part of its length:
 * otherwise, a server that cannot follow would seem to take the whole run to fill up.
 */
function fillingMsOf(trend: RunTrend, { turns, thinkMs }: Filling): number {
  const sum = (of: (bin: TrendBin) => number): number => trend.bins.reduce((total, bin) => total + of(bin), 0);
  const streamMs =
    sum(({ streamUs }) => streamUs) /
    Math.max(
      1,
      sum(({ firstTokens }) => firstTokens),
    ) /
    1000;
  const ttftMs = Math.min(...piecesOf(trend).map((piece) => piece.ttftMs ?? Infinity));
  if (ttftMs === Infinity) return 0;
  return fillingLengths * (turns * (ttftMs + streamMs) + (turns - 1) * thinkMs);
}

/**
 * The mean time to first token that requests would come to if it went on to rise as it did, in milliseconds; null if it did not
 * clearly rise. A queue that grows slowly keeps an objective for a while, and this is the sign of it long before it has grown by more
 * than chance makes a queue grow.
 *
 * @param aheadMs from the end of the trend on
 */
export function ttftAhead({ binUs, bins }: RunTrend, aheadMs: number): number | null {
  const sending = sendingBins(bins);
  const pieces = piecesOf({ binUs, bins: sending });
  const middle = pieces[Math.floor(pieces.length / 2)];
  const ttft = pieces.length < leastPieces ? null : ttftSlope(pieces);
  if (ttft === null || ttft.interval.lower <= 0 || middle === undefined) return null;
  const endSeconds = (sending.length * binUs) / 1e6;
  return (middle.ttftMs ?? 0) + ttft.slope * (endSeconds - middle.atSeconds + aheadMs / 1000);
}

function ttftSlope(pieces: readonly Piece[]): Slope | null {
  const points = pieces.flatMap(({ atSeconds, ttftMs: y }) => (y === null ? [] : [{ x: atSeconds, y }]));
  return theilSen(points, tail);
}

/** The growth of a queue for which requests in flight and time to first token rose all the time. */
interface Growth {
  readonly overload: Overload;
  /** By how many standard deviations of a Poisson count the requests in flight grew, which increases with the root of time. */
  readonly deviations: number;
  readonly seconds: number;
}

function isMoreThanChance({ deviations }: Growth): boolean {
  return deviations >= leastGrowth;
}

function overloadIn(pieces: readonly Piece[]): Overload | null {
  const growth = growthIn(pieces);
  return growth !== null && isMoreThanChance(growth) ? growth.overload : null;
}

function growthIn(pieces: readonly Piece[]): Growth | null {
  if (pieces.length < leastPieces) return null;
  const inFlight = theilSen(
    pieces.map(({ atSeconds, inFlight: y }) => ({ x: atSeconds, y })),
    tail,
  );
  const ttft = ttftSlope(pieces);
  if (inFlight === null || ttft === null || inFlight.interval.lower <= 0 || ttft.interval.lower <= 0) return null;
  const sent = pieces.reduce((sum, piece) => sum + piece.sent, 0);
  const seconds = (pieces.at(-1)?.atSeconds ?? 0) - (pieces[0]?.atSeconds ?? 0);
  return {
    overload: { in_flight_per_second: figures(inFlight), ttft_ms_per_second: figures(ttft) },
    deviations: (inFlight.slope * seconds) / Math.sqrt(Math.max(1, sent)),
    seconds,
  };
}

interface Piece {
  readonly beginMs: number;
  readonly atSeconds: number;
  readonly sent: number;
  readonly inFlight: number;
  readonly ttftMs: number | null;
}

/** The time in which requests were sent; afterwards, a queue only drains. The last bin may be incomplete. */
function sendingBins(bins: readonly TrendBin[]): readonly TrendBin[] {
  const last = bins.findLastIndex(({ sent }) => sent > 0);
  return bins.slice(0, Math.max(0, last));
}

function piecesOf({ binUs, bins: sending }: RunTrend): readonly Piece[] {
  const size = Math.max(1, Math.ceil(sending.length / mostPieces));
  const pieces: Piece[] = [];
  for (let start = 0; start + size <= sending.length; start += size) {
    const own = sending.slice(start, start + size);
    const sum = (of: (bin: TrendBin) => number): number => own.reduce((total, bin) => total + of(bin), 0);
    const firstTokens = sum((bin) => bin.firstTokens);
    pieces.push({
      beginMs: (start * binUs) / 1000,
      atSeconds: ((start + size / 2) * binUs) / 1e6,
      sent: sum((bin) => bin.sent),
      inFlight: sum((bin) => bin.inFlightUs) / (size * binUs),
      ttftMs: firstTokens === 0 ? null : sum((bin) => bin.ttftUs) / firstTokens / 1000,
    });
  }
  return pieces;
}

function figures({ slope, interval }: Slope): Overload['in_flight_per_second'] {
  const digits = (value: number): number => Number(value.toPrecision(4));
  return { slope: digits(slope), lower: digits(interval.lower), upper: digits(interval.upper) };
}
