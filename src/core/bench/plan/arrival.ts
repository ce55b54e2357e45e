import { ChatstreamError } from '../../base/errors.js';
import { type Arrival, arrivals } from './options.js';

/** Beyond this, nearly all requests arrive in a few bursts. */
const mostVariation = 10;

/**
 * Reads `poisson`, `constant`, `burst` and `gamma:2`.
 *
 * @throws ChatstreamError `usage` for anything else
 */
export function parseArrival(text: string): Arrival {
  const plain = arrivals.find((name) => name === text);
  if (plain !== undefined) return plain;
  const [, number = ''] = /^gamma:(\d*\.?\d+)$/.exec(text) ?? [];
  const cv = Number(number);
  if (number !== '' && cv > 0 && cv <= mostVariation) return { type: 'gamma', cv };
  throw new ChatstreamError('usage', `"${text}" is not a way to space requests.`, {
    hint: `Write ${arrivals.join(', ')}, or gamma:CV with the coefficient of variation of the gaps, above 0 and up to ${mostVariation}: gamma:2.`,
  });
}
