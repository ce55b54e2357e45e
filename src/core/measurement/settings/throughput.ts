import type { Run } from '../result-schema.js';
import type { SettingSummary } from './summarise.js';

type Counted = Pick<SettingSummary, 'countsTokens'>;

/** The work done per second: output tokens, or requests where tokens are not counted, as for embeddings. */
export function throughputOf({ rates }: Pick<Run, 'rates'>, { countsTokens }: Counted): number {
  return countsTokens ? rates.output_tokens_per_second : rates.requests_per_second;
}

/** What it counts: `tokens`. */
export function throughputUnit({ countsTokens }: Counted): 'tokens' | 'requests' {
  return countsTokens ? 'tokens' : 'requests';
}
