import { bySetting } from '../by-setting.js';
import { percentText } from '../numbers.js';
import type { BenchResult, RequestCounts, Run } from '../result-schema.js';
import { dimensionsOf, settingsText } from './setting-text.js';
import { addUpRequests } from './summarise.js';

/** If more requests than this share had no answer, latencies and rates say less about the server than that. */
const mostUnanswered = 0.1;

/** Requests that were refused, failed or took too long, as a share of all; 0 without requests. */
export function unansweredShare({ completed, refused, failed, timed_out: timedOut }: RequestCounts): number {
  const unanswered = refused + failed + timedOut;
  return unanswered === 0 ? 0 : unanswered / (unanswered + completed);
}

/** Whether the latencies and rates of the rest describe the server. */
export function isMostlyAnswered(requests: RequestCounts): boolean {
  return unansweredShare(requests) <= mostUnanswered;
}

/** What a reader must know first if more than a tenth of a setting's requests had no answer; otherwise null. */
export function unansweredWarning(runs: readonly Run[]): string | null {
  if (runs.length === 0) return null;
  const all = addUpRequests(runs);
  if (all.completed === 0) {
    const cause = unansweredShare(all) === 0 ? '' : `; the most frequent cause is ${commonest(all)}`;
    return `No request was completed, so there is no latency to show${cause}.`;
  }
  const trials = [...bySetting(runs).values()];
  const affected = trials.filter((own) => !isMostlyAnswered(addUpRequests(own)));
  if (affected.length === 0) return null;
  const by = dimensionsOf(runs.map(({ settings }) => settings));
  const where = settingsText(
    affected.flatMap(([first]) => first?.settings ?? []),
    by,
  );
  const most = Math.max(...affected.map((own) => unansweredShare(addUpRequests(own))));
  return (
    `${affected.length > 1 ? 'Up to ' : ''}${percentText(most)} of the requests had no answer at ${where}, ` +
    `most often because of ${commonest(addUpRequests(affected.flat()))}: the figures describe only the rest.`
  );
}

/** The code of the most frequent error. */
function commonest({ errors }: RequestCounts): string {
  const [first] = Object.entries(errors).toSorted(([, one], [, other]) => other - one);
  return first?.[0] ?? 'unknown errors';
}

/** Runs whose odd figures have no other cause: nearly all requests were answered, and nothing cut the run short. */
export function undisturbedRuns({ runs, interrupted }: Pick<BenchResult, 'runs' | 'interrupted'>): readonly Run[] {
  const whole = interrupted ? runs.slice(0, -1) : runs;
  return whole.filter(({ requests }) => requests.completed > 0 && isMostlyAnswered(requests));
}
