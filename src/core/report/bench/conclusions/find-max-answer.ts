import type { MetricName } from '../../../measurement/metric-names.js';
import { listed } from '../../../measurement/numbers.js';
import type { BenchResult, FindMax, FindMaxPoint, Plan } from '../../../measurement/result-schema.js';
import { parseObjective } from '../../../measurement/settings/objectives.js';
import { type SlotsAt, slotsAtOf, slotWords } from '../../../measurement/slots.js';
import { measureLonger } from '../../../measurement/validity/measure-longer.js';
import { oneLine } from '../../text/escape.js';
import { loadNumber, loadText } from './find-max.js';
import { hasOwnServer } from './own-server.js';

/** The answer of `--find-max`: the limit first, then what a reader should know of it; empty without a search. */
export function findMaxSentences(
  result: Pick<BenchResult, 'find_max' | 'plan' | 'target' | 'command'>,
): readonly string[] {
  const { find_max: found, plan, target } = result;
  if (found === undefined) return [];
  const objectives = (plan.find_max?.promises ?? []).map(oneLine);
  return [
    answer(found, objectives, plan, hasOwnServer(result) ? 'bench' : slotsAtOf(target.settings['slots_at'])),
    ...doubts(found),
  ];
}

/** Whether the answer of a search is a limit without reservations: found as precisely as planned, and clear. */
export function isAnswerClear({ find_max: found }: Pick<BenchResult, 'find_max'>): boolean {
  if (found === undefined || (found.status !== 'found' && found.status !== 'all-hold')) return false;
  return found.finished && !isOutOfOrder(found) && unclearLoads(found).length === 0 && isKnownToHold(found);
}

function answer(found: FindMax, objectives: readonly string[], plan: Plan, slotsAt: SlotsAt | 'bench'): string {
  const { precision = 0 } = plan.find_max ?? {};
  const names = listed(objectives);
  const isOne = objectives.length === 1;
  const [hold, seem, doNot] = isOne
    ? ['holds', 'seems to hold', 'does not hold']
    : ['hold', 'seem to hold', 'do not hold'];
  const { by, status, load, lower, upper, points, finished, holds_from: from = null } = found;
  const at = (value: number): string => loadText(by, loadNumber(by, value));
  const range = (to: number): string =>
    from === null ? `up to ${at(to)}` : from === to ? `only at ${at(to)}` : `from ${at(from)} to ${loadNumber(by, to)}`;
  const [lowest, highest] = [points[0]?.load ?? 0, points.at(-1)?.load ?? 0];
  switch (status) {
    case 'found': {
      const isRough =
        lower === null || upper === null || Math.max(upper / (load ?? 1), (load ?? 1) / lower) > 1 + precision * 1.05;
      const advice = isRough && by === 'rate' ? ` To narrow it down, ${measureLonger(plan, { of: 'time' })}.` : '';
      const verb = isKnownToHold(found) ? hold : seem;
      const next = nextText(found, objectives);
      const parts = [
        `${names} ${verb} ${range(load ?? 0)} (${intervalText(by, lower, upper)})${reservations(found)}`,
        ...(next === null ? [] : [next]),
      ];
      return `${parts.join('; ')}.${advice}`;
    }
    case 'all-hold': {
      const unclear = unclearLoads(found);
      const isHighest = unclear.at(-1)?.load === highest;
      const isEvery = points.every(({ verdict }) => verdict === 'holds');
      const all = isEvery ? 'at every load that was measured, up to ' : isHighest ? 'up to ' : 'at ';
      const where = from === null ? `${all}${at(highest)}` : range(highest);
      const order = isOutOfOrder(found) ? ', but the results are not monotonic' : '';
      return `${names} ${isHighest || !isKnownToHold(found) ? seem : hold} ${where}${order}${unclearText(by, unclear)}. ${wayUp(found, highest, slotsAt)}`;
    }
    case 'none-hold': {
      const where =
        by === 'max-concurrency' && lowest !== highest
          ? `at any max-concurrency that was measured, from ${loadNumber(by, lowest)} to ${loadNumber(by, highest)}`
          : `even at ${at(lowest)}, the lowest load that was measured`;
      const next = nextText(found, objectives);
      return `${names} ${doNot} ${where}${next === null ? '' : `: ${next}`}. ${finished ? 'Try a more generous limit, or shorter prompts and answers.' : unfinishedText(found)}`;
    }
    case 'unjudged':
      return unjudgedText(points);
    case 'nothing-measured':
      return found.client_full === true
        ? `Nothing was measured. ${unfinishedText(found)}`
        : 'The search ended before anything was measured.';
  }
}

/** Whether the objectives hold clearly at some load up to the answer. */
function isKnownToHold({ load, points }: FindMax): boolean {
  return points.some((point) => point.verdict === 'holds' && point.load <= (load ?? Infinity));
}

/** Whether loads are on the other side of the limit than their neighbours suggest. */
function isOutOfOrder({ contradictions, holds_from: from = null }: FindMax): boolean {
  return from !== null || contradictions.length > 0;
}

/** Of the loads at which the objectives should hold, those where that is unclear; near the limit, the interval says so. */
function unclearLoads({ status, lower, points, holds_from: from = null }: FindMax): readonly FindMaxPoint[] {
  const below = status === 'all-hold' ? Infinity : (lower ?? 0);
  return points.filter(({ load, verdict }) => verdict === 'unclear' && load >= (from ?? 0) && load < below);
}

/**
 * What makes a limit less than certain, as part of its sentence: `, but the results are not monotonic`; empty for
 * nothing.
 */
function reservations(found: FindMax): string {
  const reasons: string[] = [];
  if (!isKnownToHold(found)) reasons.push('no measured load is known to hold');
  if (isOutOfOrder(found)) reasons.push('the results are not monotonic');
  if (!found.finished) reasons.push('the search ended before the limit was known as precisely as planned');
  const unclear = unclearText(found.by, isKnownToHold(found) ? unclearLoads(found) : []);
  return `${reasons.length === 0 ? '' : `, but ${listed(reasons)}`}${unclear}`;
}

/** `; max-concurrency 1 and 2 are unclear`; empty for none. */
function unclearText(by: FindMax['by'], unclear: readonly FindMaxPoint[]): string {
  if (unclear.length === 0) return '';
  const where = loadText(by, listed(unclear.map(({ load }) => loadNumber(by, load))));
  return `; ${where} ${unclear.length === 1 ? 'is' : 'are'} unclear`;
}

/** Which objectives no answer has a value for, and why. */
function unjudgedText(points: readonly FindMaxPoint[]): string {
  const unknown = (points[0]?.promises ?? []).flatMap(({ promise }, index) =>
    points.every(({ promises }) => promises[index]?.missed_share === null) ? promise : [],
  );
  const reasons = new Set(unknown.map((objective) => whyUnknown(parseObjective(objective).metric)));
  return `${listed(unknown.map(oneLine))} cannot be judged here: ${listed([...reasons])}. Search for another objective.`;
}

function whyUnknown(metric: MetricName): string {
  switch (metric) {
    case 'queue_wait':
    case 'prefill':
    case 'delivery':
      return 'the server does not report its own times';
    case 'tpot':
    case 'chunk_gap':
      return 'answers have one token, or come all at once';
    case 'ttft':
    case 'ttft_from_schedule':
    case 'client_wait':
    case 'e2e':
      return 'answers do not come as streams';
  }
}

function intervalText(by: FindMax['by'], lower: number | null, upper: number | null): string {
  if (lower === null && upper === null) return 'no load was clear of the limit';
  if (lower === null) return `at most ${loadNumber(by, upper ?? 0)} with 97.5 % confidence`;
  if (upper === null) return `at least ${loadNumber(by, lower)} with 97.5 % confidence`;
  return `95 % interval ${loadNumber(by, lower)} to ${loadNumber(by, upper)}`;
}

/** @returns null if it would only repeat the single objective */
function nextText({ next_to_break: next }: FindMax, objectives: readonly string[]): string | null {
  if (objectives.length === 1 && next !== null && next !== 'overload') return null;
  if (next === null) return 'no objective was missed';
  if (next === 'overload') return 'above it, the queue grows without end';
  return `the next objective to be missed is ${oneLine(next.split('<')[0] ?? next)}`;
}

/** @param highest load that was measured; a finished search by max-concurrency has come to all slots */
function wayUp(found: FindMax, highest: number, slotsAt: SlotsAt | 'bench'): string {
  if (!found.finished) return unfinishedText(found);
  if (found.by !== 'max-concurrency') return 'That is the highest load that a search tries.';
  const { has, raise } = slotWords(slotsAt === 'bench' ? 'server' : slotsAt);
  const left = `${has(highest)}, so settings above that were not measured.`;
  return slotsAt === 'bench'
    ? `${left} Measure them with -c ${highest * 2}.`
    : `${left} ${raise(highest * 2)} to measure them, or raise the load.`;
}

/** What prevented an answer, and what to do about it. */
function unfinishedText({ by, status, client_full: isClientFull = false }: FindMax): string {
  if (isClientFull) {
    return 'The load generator could not send more: give it more --workers, or more machines (--agents).';
  }
  if (by === 'max-concurrency') {
    return 'The search ended before it had measured every setting that the server has slots for: give it more time.';
  }
  return `The search ended before it found the limit: give it more time, or a ${status === 'none-hold' ? 'lower' : 'higher'} load to begin with (${by === 'rate' ? '--rate' : '-c'}).`;
}

function doubts(found: FindMax): readonly string[] {
  const { contradictions, by, points, holds_from: from = null } = found;
  const sentences: string[] = [];
  if (from !== null) {
    sentences.push(
      `The results are not monotonic: an objective is also missed below ${loadText(by, loadNumber(by, from))}.`,
    );
  }
  if (contradictions.length > 0) {
    const where = loadText(by, listed(contradictions.map((load) => loadNumber(by, load))));
    const verb = contradictions.length === 1 ? 'is' : 'are';
    sentences.push(
      `The results are not monotonic: ${where} ${verb} clearly on the other side of the limit than the loads nearby, so there may be no single limit.`,
    );
  }
  const overloaded = points.filter((each) => each.overloaded).map(({ load }) => loadNumber(by, load));
  if (overloaded.length > 0) sentences.push(`The queue grew without end at ${loadText(by, listed(overloaded))}.`);
  return sentences;
}
