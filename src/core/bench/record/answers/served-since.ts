import type { CompletedRequest } from '../../client/outcome.js';
import { outputTokensOf, tokensAfter } from './output-tokens.js';

/** What a server did for a request in some time. */
interface Served {
  /** Between 0 and 1. */
  readonly requests: number;
  readonly tokens: number;
  /** How many chunks of the answer had arrived before that time. */
  readonly chunksBefore: number;
}

/**
 * The work done for a request between a moment before its end and its end: for a stream, the share of its chunks; for
 * an answer that arrived as a whole, the share of its time, as if the work had been spread evenly.
 */
export function servedSince(momentUs: number, request: CompletedRequest): Served {
  if (request.isWhole === true) {
    const { sendUs, lastTokenUs } = request;
    const share =
      sendUs >= momentUs || lastTokenUs <= sendUs ? 1 : Math.max(0, lastTokenUs - momentUs) / (lastTokenUs - sendUs);
    return { requests: share, tokens: share * outputTokensOf(request).tokens, chunksBefore: 0 };
  }
  const before = chunksBefore(momentUs, request);
  const requests = (request.tokenChunks - before) / request.tokenChunks;
  return { requests, tokens: tokensAfter(before, request), chunksBefore: before };
}

/** How many of an answer's chunks arrived before this moment. */
function chunksBefore(momentUs: number, { firstTokenUs, gapsUs }: CompletedRequest): number {
  let arrivalUs = firstTokenUs;
  let before = 0;
  while (arrivalUs < momentUs) {
    const gap = gapsUs[before];
    before += 1;
    if (gap === undefined) return before;
    arrivalUs += gap;
  }
  return before;
}
