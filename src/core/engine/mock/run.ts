import type { GenerationEvent } from '../engine.js';
import type { MockGeneration } from './generation.js';

/** Waits for its first token. */
export interface Prefilling {
  readonly phase: 'prefilling';
  readonly generation: MockGeneration;
  readonly dueMs: number;
}

/** Could not begin, and will say so. */
export interface Refused {
  readonly phase: 'refused';
  readonly failure: GenerationEvent;
  readonly dueMs: number;
}

/** Takes part in the rounds. */
export interface Decoding {
  readonly phase: 'decoding';
  readonly generation: MockGeneration;
  readonly firstTokenMs: number;
}

/** What the mock engine knows of a generation that it was given. */
export type Run = Prefilling | Refused | Decoding;

/** A round in progress, as a step on the grid that began at `gridStartMs`: multiples do not drift as sums would. */
export interface RoundInProgress {
  readonly gridStartMs: number;
  readonly step: number;
}
