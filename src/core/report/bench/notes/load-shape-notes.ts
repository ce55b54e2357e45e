import { percentText, plural, timeText, whole } from '../../../measurement/numbers.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';

/**
 * What the shape of the load adds to the figures, in sentences: a schedule, requests held back, clients that left, probes.
 */
export function loadShapeNotes(
  { plan }: Pick<BenchResult, 'plan'>,
  summaries: readonly SettingSummary[],
): readonly string[] {
  return [
    plan.stages === undefined ? '' : 'The rate is the mean of the whole schedule.',
    heldBackText(plan, summaries),
    cancelledText(plan, summaries),
    probesText(summaries),
  ].filter((text) => text !== '');
}

function heldBackText(
  { max_in_flight: limit, streaming }: BenchResult['plan'],
  summaries: readonly SettingSummary[],
): string {
  const held = summaries.flatMap(({ loadShape }) => loadShape.heldBack ?? []);
  if (limit === undefined || held.length === 0) return '';
  const requests = held.reduce((sum, each) => sum + each.requests, 0);
  if (requests === 0) return `No request was held back: there were never more than ${limit} to be in flight.`;
  const all = summaries.reduce((sum, each) => sum + requestsOf(each), 0);
  const clock =
    streaming === false ? 'E2E counts from when they were sent.' : 'TTFT from schedule counts from when they were due.';
  const longest = timeText(Math.max(...held.map(({ longestMs }) => longestMs)));
  return (
    `${whole(requests)} of ${plural(all, 'request')} were held back, for up to ${longest}, because ${limit} were in ` +
    `flight; ${clock}`
  );
}

function requestsOf({ requests }: SettingSummary): number {
  return requests.completed + requests.refused + requests.failed + requests.timed_out;
}

function cancelledText({ cancel }: BenchResult['plan'], summaries: readonly SettingSummary[]): string {
  const known = summaries.flatMap(({ loadShape }) => loadShape.cancelled ?? []);
  if (cancel === undefined || known.length === 0) return '';
  const sum = (of: (each: (typeof known)[number]) => number): number =>
    known.reduce((total, each) => total + of(each), 0);
  const [requests, left] = [sum((each) => each.requests), sum((each) => each.left)];
  if (requests === 0) return `No client was to leave (${cancel}): there were too few requests.`;
  const early = sum(({ left_before_first_token: before }) => before);
  const unanswered = sum((each) => each.unanswered);
  const parts = [
    `${whole(left)} left${left === 0 ? '' : `, ${whole(early)} of them before the first token`}`,
    `${whole(sum(({ answered }) => answered))} had their answer by then`,
    ...(unanswered === 0 ? [] : [`${whole(unanswered)} had none`]),
  ];
  return `Of ${plural(requests, 'client')} that were to leave (${cancel}), ${parts.join('; ')}. They are not part of any other figure.`;
}

function probesText(summaries: readonly SettingSummary[]): string {
  const known = summaries.flatMap(({ loadShape }) => loadShape.probes ?? []);
  if (known.length === 0) return '';
  const completed = known.reduce((sum, each) => sum + each.completed, 0);
  const unanswered = known.reduce((sum, each) => sum + each.unanswered, 0);
  const share = unanswered === 0 ? '' : `; ${percentText(unanswered / (completed + unanswered))} had no answer`;
  return `Probes have one token and are not part of any other figure: ${plural(completed, 'answer')}${share}.`;
}
