import type { CompletedRequest } from '../../client/outcome.js';
import { outputTokensOf } from './output-tokens.js';

/** Shorter answers may well arrive at once. */
const fewestTokens = 8;

/** Chunks that are closer together than this were not generated one after the other. */
const sameMomentUs = 50;

/** No server generates a single answer as fast as this on average: 4,000 tokens/s. */
const fastestTokenUs = 250;

/** An answer that was ready before it was sent arrives in less than this share of the time that it took. */
const burstShare = 0.02;

/**
 * Whether an answer of several tokens was complete before it was sent, for example by a proxy that buffers, or by a
 * server that only pretends to stream. Its tokens say nothing about the time that each of them took.
 *
 * Its chunks arrived at no more than two moments, or the whole answer, even in a single chunk, arrived faster than any
 * server generates and in a small share of the time that the server worked on it. The share alone would not be enough:
 * the answer to a request that waited long in a queue also arrives in a small share of the time.
 */
export function isBurst(request: CompletedRequest): boolean {
  // It was requested as a whole.
  if (request.isWhole === true) return false;
  const { tokens } = outputTokensOf(request);
  if (tokens < fewestTokens) return false;
  const lastedUs = request.lastTokenUs - request.firstTokenUs;
  const isReady = lastedUs < tokens * fastestTokenUs && lastedUs < burstShare * workedUs(request);
  return isReady || (request.tokenChunks >= fewestTokens && !hasMoments(3, request.gapsUs));
}

/** The times between chunks in microseconds, if they are meaningful. */
export function gapsOf(request: CompletedRequest): readonly number[] {
  return isBurst(request) ? [] : request.gapsUs;
}

/** From sending to the last token, without the time in the queue as far as it is known. */
function workedUs({ sendUs, firstTokenUs, lastTokenUs, serverTimings }: CompletedRequest): number {
  if (serverTimings === null) return lastTokenUs - sendUs;
  return serverTimings.source === 'measured'
    ? lastTokenUs - sendUs - serverTimings.queueMs * 1000
    : lastTokenUs - firstTokenUs + serverTimings.promptMs * 1000;
}

/** Whether the chunks arrived at this many different moments, or more. */
function hasMoments(count: number, gapsUs: readonly number[]): boolean {
  let moments = 1;
  for (const gap of gapsUs) {
    if (gap >= sameMomentUs) moments += 1;
    if (moments >= count) return true;
  }
  return false;
}
