import type { Scheduler } from '../../scheduler/scheduler.js';
import type { LineJob, LineRequest } from './line-request.js';

/**
 * Checks that the line accepts these requests, which come with one key. @throws ChatstreamError as `Inference.submit`
 * does
 */
export function assertRoom(scheduler: Scheduler<LineJob>, requests: readonly LineRequest[]): void {
  const demand = requests[0]?.demand;
  if (demand === undefined || scheduler.hasReserved(demand, requests.length)) return;
  const { room } = scheduler;
  room.assertVacancyFor(demand, requests.length);
  room.assertKey(demand, requests.length);
  room.assertTokens(
    requests.map(({ demand: { promptTokens } }) => promptTokens),
    demand,
  );
}
