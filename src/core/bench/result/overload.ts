import type { Overload } from '../../measurement/overload-schema.js';
import { type Slope, theilSen } from '../../statistics/theil-sen.js';
import type { RunTrend, TrendBin } from '../record/run-trend.js';

/** Pieces of a run whose slope is computed. Longer ones depend less on each other. */
const mostPieces = 16;
const leastPieces = 6;

/** Error on each side of the interval of a slope. */
const tail = 0.025;

/**
 * By how many standard deviations of a Poisson count the requests in flight must have grown. At a load just at its
 * capacity a queue wanders by about one, up and down.
 */
const leastGrowth = 3;

/**
 * Whether a server could not follow an open loop: requests in flight and time to first token both rose all the time, and
 * by more than chance makes a queue grow.
 *
 * @returns null if it could, or if the run was too short to tell
 */
export function overloadOf({ binUs, bins }: RunTrend): Overload | null {
  return overloadAmong({ binUs, bins: sendingBins(bins) });
}

/** The same for a time in which requests were sent from its beginning to its end. */
export function overloadAmong(trend: RunTrend): Overload | null {
  const pieces = piecesOf(trend);
  if (pieces.length < leastPieces) return null;
  const inFlight = theilSen(
    pieces.map(({ atSeconds, inFlight: y }) => ({ x: atSeconds, y })),
    tail,
  );
  const ttft = theilSen(
    pieces.flatMap(({ atSeconds, ttftMs: y }) => (y === null ? [] : [{ x: atSeconds, y }])),
    tail,
  );
  if (inFlight === null || ttft === null || inFlight.interval.lower <= 0 || ttft.interval.lower <= 0) return null;
  const sent = pieces.reduce((sum, piece) => sum + piece.sent, 0);
  const seconds = (pieces.at(-1)?.atSeconds ?? 0) - (pieces[0]?.atSeconds ?? 0);
  if (inFlight.slope * seconds < leastGrowth * Math.sqrt(sent)) return null;
  return { in_flight_per_second: figures(inFlight), ttft_ms_per_second: figures(ttft) };
}

interface Piece {
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
