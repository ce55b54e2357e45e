import type { Scheduler } from '../scheduler/scheduler.js';
import type { RelayJob } from './jobs/relay-job.js';
import type { RelayRequest } from './jobs/relay-request.js';

/**
 * Checks that the line of a model accepts a request.
 *
 * @param hasPlaces whether it would start at once if no other waited there
 * @throws ChatstreamError as `Relay.submit` does
 */
export function assertRoom(
  { room }: Scheduler<RelayJob>,
  { key, payer, places, promptTokens }: Required<Pick<RelayRequest, 'key' | 'payer' | 'places' | 'promptTokens'>>,
  hasPlaces: boolean,
): void {
  const claimant = { key, payer };
  const isFree = hasPlaces && room.isNextOf(claimant, places);
  if (places === 1) room.assertVacancyFor(claimant, 1);
  else room.assertRoomFor(places, isFree);
  room.assertTokens([promptTokens], places === 1 ? claimant : undefined);
  if (places === 1) room.assertKey(claimant, 1);
  else room.assertKeyTogether(claimant, places, isFree);
}
