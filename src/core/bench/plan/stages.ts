import { ChatstreamError } from '../../base/errors.js';
import { parseDuration } from '../../base/units.js';

/** A piece of a schedule in which the rate stays constant, or rises or falls linearly. */
export interface RateStage {
  /** Requests per second at its beginning, 0 or more. */
  readonly fromRate: number;
  /** The same at its end. */
  readonly toRate: number;
  /** Above 0. */
  readonly durationMs: number;
}

const stagePattern = /^(\d*\.?\d+)(?:-(\d*\.?\d+))?$/;

/**
 * Reads `0-20/60s`: a rate that changes linearly.
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseRamp(text: string): readonly RateStage[] {
  const [rates = '', duration = '', ...more] = text.replaceAll(' ', '').split('/');
  const stage = more.length === 0 && rates.includes('-') ? stageOf(rates, duration) : null;
  if (stage !== null && stage.fromRate !== stage.toRate) return [stage];
  throw new ChatstreamError('usage', `"${text}" is not a ramp.`, {
    hint: 'Write two different rates in requests per second, and the time from one to the other: 0-20/60s.',
  });
}

/**
 * Reads `2@30s,10@60s,2@30s`, and `0-10@30s` for a stage in which the rate changes linearly.
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseStages(text: string): readonly RateStage[] {
  const stages = text
    .replaceAll(' ', '')
    .split(',')
    .map((each) => {
      const [rates = '', duration = '', ...more] = each.split('@');
      return more.length === 0 ? stageOf(rates, duration) : null;
    });
  const known = stages.filter((stage) => stage !== null);
  if (known.length === stages.length && meanRate(known) > 0) return known;
  throw new ChatstreamError('usage', `"${text}" is not a list of stages.`, {
    hint: 'Write the requests per second and the duration of each: 2@30s,10@60s,2@30s. In 0-10@30s the rate rises.',
  });
}

function stageOf(rates: string, duration: string): RateStage | null {
  const [, from = '', to = from] = stagePattern.exec(rates) ?? [];
  if (from === '') return null;
  const durationMs = durationOf(duration);
  return durationMs === null ? null : { fromRate: Number(from), toRate: Number(to), durationMs };
}

function durationOf(text: string): number | null {
  try {
    const ms = parseDuration(text);
    return ms > 0 ? ms : null;
  } catch {
    // The caller says what the whole should look like.
    return null;
  }
}

/** A ramp has no stages: its figures are reported by quarter. */
const piecesOfRamp = 4;

/** The pieces of a schedule for which figures are reported: its stages, or the quarters of a single ramp. */
export function reportedStages(stages: readonly RateStage[]): readonly RateStage[] {
  const [only] = stages;
  if (only === undefined || stages.length > 1 || only.fromRate === only.toRate) return stages;
  const rateAt = (piece: number): number => only.fromRate + ((only.toRate - only.fromRate) * piece) / piecesOfRamp;
  return Array.from({ length: piecesOfRamp }, (_, piece) => ({
    fromRate: rateAt(piece),
    toRate: rateAt(piece + 1),
    durationMs: only.durationMs / piecesOfRamp,
  }));
}

/** How long all stages take, in milliseconds. */
export function totalMs(stages: readonly RateStage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

/** Requests per second over all stages. */
export function meanRate(stages: readonly RateStage[]): number {
  return stages.reduce((sum, stage) => sum + expectedRequests(stage), 0) / (totalMs(stages) / 1000);
}

/** Requests that are due in a stage, on average. */
export function expectedRequests({ fromRate, toRate, durationMs }: RateStage): number {
  return (((fromRate + toRate) / 2) * durationMs) / 1000;
}

/** The highest rate at any moment. */
export function peakRate(stages: readonly RateStage[]): number {
  return Math.max(...stages.flatMap(({ fromRate, toRate }) => [fromRate, toRate]));
}

/** The share of all requests that is due by now, on average, 0 to 1. */
export function dueShare(stages: readonly RateStage[], elapsedMs: number): number {
  let due = 0;
  let leftMs = Math.max(0, elapsedMs);
  for (const { fromRate, toRate, durationMs } of stages) {
    const ms = Math.min(leftMs, durationMs);
    const rateThen = fromRate + ((toRate - fromRate) * ms) / durationMs;
    due += expectedRequests({ fromRate, toRate: rateThen, durationMs: ms });
    leftMs -= ms;
  }
  return due / stages.reduce((sum, stage) => sum + expectedRequests(stage), 0);
}
