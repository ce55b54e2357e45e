import {
  addCells,
  cellsOf,
  countOf,
  type SketchCells,
  sketchQuantileMs,
} from '../../../measurement/latency/latency-sketch.js';
import type { Run, Series } from '../../../measurement/result-schema.js';

/** A GPU in a piece of time; null where its driver did not say. */
interface GpuPoint {
  readonly percent: number | null;
  readonly bytes: number | null;
}

/** The trials of a setting over time, in equal pieces: means of the trials. */
export interface TimePoint {
  /** The middle of the piece. */
  readonly seconds: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly tokensPerSecond: number;
  readonly completedPerSecond: number;
  readonly failedPerSecond: number;
  readonly sentPerSecond: number;
  readonly inFlight: number;
  readonly running: number | null;
  readonly waiting: number | null;
  /** By the number of the GPU; empty if none was read. */
  readonly gpus: readonly GpuPoint[];
  /** Each trial's tokens per second; null for a trial that was over. */
  readonly trials: readonly (number | null)[];
}

/** The requests that were sent in a piece of time. */
export interface TimeBand {
  readonly seconds: number;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly count: number;
  /** In milliseconds. */
  readonly p5: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
}

/** The latencies that are kept over time. */
export type LatencyOverTime = 'ttft' | 'tpot' | 'e2e';

export interface Timeline {
  readonly points: readonly TimePoint[];
  readonly ttft: readonly TimeBand[];
  readonly tpot: readonly TimeBand[];
  /** Of answers that came as a whole. */
  readonly e2e: readonly TimeBand[];
}

interface TimedSeries {
  readonly series: Series;
  readonly spanSeconds: number;
}

/** More points than this make a line that cannot be followed. */
const mostPoints = 120;

/** For five percentiles, a piece of time needs some requests. */
const requestsPerBand = 12;
const mostBands = 60;

/** A piece that is cut off by the end of the run says little if less than this share of it is left. */
const leastShare = 0.4;

/** @returns null if the runs have no series, or are too short for one */
export function timelineOf(runs: readonly Run[]): Timeline | null {
  const all: readonly TimedSeries[] = runs.flatMap(({ series, window }) =>
    series === undefined ? [] : [{ series, spanSeconds: window.span_seconds }],
  );
  const lengthSeconds = Math.max(0, ...all.map(({ spanSeconds }) => spanSeconds));
  const finest = Math.max(1, ...all.map(({ series }) => series.bin_seconds));
  if (all.length === 0 || lengthSeconds < 3 * finest) return null;
  const width = widthFor(finest, lengthSeconds, mostPoints);
  const points = pieces(width, lengthSeconds).flatMap((piece) => pointOf(all, piece) ?? []);
  return {
    points,
    ttft: bandsOf(all, 'ttft', finest, lengthSeconds),
    tpot: bandsOf(all, 'tpot', finest, lengthSeconds),
    e2e: bandsOf(all, 'e2e', finest, lengthSeconds),
  };
}

interface Piece {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

function pieces(width: number, lengthSeconds: number): readonly Piece[] {
  return Array.from({ length: Math.ceil(lengthSeconds / width) }, (_, index) => ({
    fromSeconds: index * width,
    toSeconds: (index + 1) * width,
  }));
}

/** Twice as long again and again, so that the pieces are made of whole bins of every series. */
function widthFor(finest: number, lengthSeconds: number, most: number): number {
  let width = finest;
  while (lengthSeconds / width > most) width *= 2;
  return width;
}

function pointOf(all: readonly TimedSeries[], piece: Piece): TimePoint | null {
  const width = piece.toSeconds - piece.fromSeconds;
  const parts = all.map(({ series, spanSeconds }) => ({
    series,
    covered: Math.min(piece.toSeconds, spanSeconds) - piece.fromSeconds,
  }));
  const going = parts.filter(({ covered }) => covered >= leastShare * width);
  if (going.length === 0) return null;
  const perSecond = (values: (series: Series) => readonly number[]): number =>
    mean(going.map(({ series, covered }) => sumIn(series, values(series), piece) / covered)) ?? 0;
  const level = (values: (series: Series) => readonly (number | null)[] | undefined): number | null =>
    mean(going.flatMap(({ series }) => inPiece(series, values(series) ?? [], piece)).filter((each) => each !== null));
  const gpuCount = Math.max(0, ...going.map(({ series }) => series.gpus?.length ?? 0));
  return {
    ...piece,
    seconds: (piece.fromSeconds + piece.toSeconds) / 2,
    tokensPerSecond: perSecond((series) => series.output_tokens),
    completedPerSecond: perSecond((series) => series.completed),
    failedPerSecond: perSecond((series) => series.failed),
    sentPerSecond: perSecond((series) => series.sent),
    // The integral of a bin that the run did not fill.
    inFlight:
      mean(
        going.map(({ series, covered }) => (sumIn(series, series.in_flight, piece) * series.bin_seconds) / covered),
      ) ?? 0,
    running: level((series) => series.server?.running),
    waiting: level((series) => series.server?.waiting),
    gpus: Array.from({ length: gpuCount }, (_, gpu) => ({
      percent: level((series) => series.gpus?.[gpu]?.use_percent),
      bytes: level((series) => series.gpus?.[gpu]?.memory_bytes),
    })),
    trials: parts.map(({ series, covered }) =>
      covered >= leastShare * width ? sumIn(series, series.output_tokens, piece) / covered : null,
    ),
  };
}

function bandsOf(
  all: readonly TimedSeries[],
  metric: LatencyOverTime,
  finest: number,
  lengthSeconds: number,
): readonly TimeBand[] {
  const cellsIn = (piece: Piece): SketchCells =>
    addCells(all.flatMap(({ series }) => inPiece(series, (series[metric] ?? []).map(cellsOf), piece)));
  let width = widthFor(finest, lengthSeconds, mostBands);
  for (;;) {
    const found = pieces(width, lengthSeconds).map((piece) => ({ piece, cells: cellsIn(piece) }));
    const filled = found.filter(({ cells }) => cells.length > 0);
    const perPiece = mean(filled.map(({ cells }) => countOf(cells))) ?? 0;
    if (perPiece < requestsPerBand && lengthSeconds / width > 8) {
      width *= 2;
      continue;
    }
    return filled.map(({ piece, cells }) => {
      const at = (percent: number): number => sketchQuantileMs(cells, percent) ?? 0;
      const seconds = (piece.fromSeconds + Math.min(piece.toSeconds, lengthSeconds)) / 2;
      return {
        ...piece,
        seconds,
        count: countOf(cells),
        p5: at(5),
        p25: at(25),
        p50: at(50),
        p75: at(75),
        p95: at(95),
      };
    });
  }
}

/** The bins of a series that lie in a piece of time. */
function inPiece<Value>({ bin_seconds: width }: Series, values: readonly Value[], piece: Piece): readonly Value[] {
  return values.slice(Math.round(piece.fromSeconds / width), Math.round(piece.toSeconds / width));
}

function sumIn(series: Series, values: readonly number[], piece: Piece): number {
  return inPiece(series, values, piece).reduce((sum, value) => sum + value, 0);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
