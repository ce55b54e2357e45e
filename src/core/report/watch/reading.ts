import { orUnknown, significant, timeText, whole } from '../../measurement/numbers.js';
import type { Activity } from '../../watch/activity.js';
import { countsOf, type QueueView, roomOf, runningInCluster, waitingOf } from '../../watch/queue-view.js';
import type { Reading } from '../../watch/watched-server.js';
import { oneLine } from '../text/escape.js';

type Models = NonNullable<QueueView['models']>;

/** One reading in one line, for logs. */
export function readingLine({ queue }: Reading, activity: Activity, at: Date): string {
  const room = roomOf(queue);
  const { running, waiting } = countsOf(queue);
  const inCluster = runningInCluster(queue);
  const { ttft, queueWait, refusedPerSecond } = activity;
  return [
    at.toISOString().slice(11, 19),
    `${whole(running)}/${whole(room.running)} running`,
    ...(inCluster === null ? [] : [`${whole(inCluster)}/${whole(room.running)} in the cluster`]),
    `${whole(waiting)}/${whole(room.waiting)} waiting`,
    `${orUnknown(activity.outputTokensPerSecond, significant)} tokens/s`,
    `${orUnknown(activity.requestsPerSecond, significant)} requests/s`,
    ...(refusedPerSecond !== null && refusedPerSecond > 0 ? [`${significant(refusedPerSecond)} refused/s`] : []),
    `TTFT p50 ${orUnknown(ttft.p50, timeText)} p95 ${orUnknown(ttft.p95, timeText)}`,
    `queue wait p50 ${orUnknown(queueWait.p50, timeText)} p95 ${orUnknown(queueWait.p95, timeText)}`,
    ...linesApart(queue.models).map(modelText),
    ...(queue.draining ? ['draining'] : []),
  ].join('  ');
}

/** Those that say more than the counts of the whole server. */
function linesApart(models: Models = []): Models {
  return models.length > 1 ? models : models.filter(({ state }) => state !== 'loaded');
}

function modelText(model: Models[number]): string {
  const { name, state, running } = model;
  const shown = state === 'loaded' ? '' : ` (${state})`;
  return `${oneLine(name + shown)} ${whole(running)} running ${whole(waitingOf(model))} waiting`;
}

/** One reading as plain data. Rates are per second, times in milliseconds, and null where there is nothing to tell. */
export function readingJson({ queue, totals }: Reading, activity: Activity, at: Date): object {
  const inCluster = runningInCluster(queue);
  return {
    time: at.toISOString(),
    max_concurrency: queue.max_concurrency,
    max_queue: queue.max_queue,
    ...(queue.lines !== undefined && { lines: queue.lines }),
    ...countsOf(queue),
    ...(inCluster !== null && { cluster_running: inCluster }),
    draining: queue.draining,
    ...(queue.models !== undefined && queue.models.length > 1 && { models: queue.models }),
    output_tokens_per_second: activity.outputTokensPerSecond,
    requests_per_second: activity.requestsPerSecond,
    refused_per_second: activity.refusedPerSecond,
    ttft_ms: activity.ttft,
    queue_wait_ms: activity.queueWait,
    tpot_ms: activity.tpot,
    cached_share: activity.cachedShare,
    engine_restarts: totals.engineRestarts,
    totals: queue.totals,
  };
}
