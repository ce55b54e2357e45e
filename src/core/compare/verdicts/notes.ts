import { listed, percentText, plural, timeText } from '../../measurement/numbers.js';
import type { Run } from '../../measurement/result-schema.js';
import { cachedShareDifference } from '../../measurement/settings/prompt-cache.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { noticeableDelay } from '../../measurement/validity/client-delay.js';
import { incompleteText } from '../../measurement/validity/ended-early.js';
import { streamWarnings } from '../../measurement/validity/stream-warnings.js';
import type { ComparedMetric } from '../compared-metric.js';
import { differenceTexts, serverDifferences } from '../differences.js';
import type { Side, Sides } from '../side.js';
import { absenceOf } from '../trials/absence.js';
import { conflictOf, otherLengths } from '../trials/conflict.js';
import { limitNotes } from './search-limit.js';
import type { SettingPair } from './setting-pair.js';

/** A share of all requests. If the candidate fails this much more often, there is a note: failed requests have no latency. */
const moreFailures = 0.005;

/** A share of all requests of the baseline that deserves a note, whatever the candidate did. */
const manyFailures = 0.1;

/**
 * What a reader should know about two results and cannot see in their figures.
 *
 * @param shown the figures without a threshold; one with a threshold is inconclusive for the same reasons
 */
export function notesOf(
  { baseline, candidate, interleaved }: Sides,
  pairs: readonly SettingPair[],
  shown: readonly ComparedMetric[],
): readonly string[] {
  const notes = [
    ...streamNotes(baseline, candidate),
    ...failureNotes(pairs),
    ...endNotes(baseline, candidate),
    ...limitNotes({ baseline, candidate }),
    ...delayNotes(pairs, interleaved),
    ...conflictNotes(pairs, shown),
    ...promptNotes(pairs),
  ];
  const [before, after] = [kindOf(baseline), kindOf(candidate)];
  const cache = interleaved ? cachedShareDifference(baseline.runs, candidate.runs) : null;
  if (cache !== null) notes.push(`The servers' prompt caches helped them differently: ${cache}.`);
  const differences = interleaved ? differenceTexts(serverDifferences(baseline.target, candidate.target)) : [];
  if (differences.length > 0) notes.push(`The sides differ in ${listed(differences)}.`);
  if (before !== after) notes.push(`The servers are different programs: ${before} and ${after}.`);
  if (baseline.toolVersion !== candidate.toolVersion) {
    notes.push(
      `The load generators were different versions of chatstream: ${baseline.toolVersion} and ${candidate.toolVersion}.`,
    );
  }
  if (!interleaved) {
    notes.push(
      'The two were measured one after the other, so a change of the machine in between looks like a change of the server. bench --versus measures them alternately.',
    );
  }
  return notes;
}

/** A server behind a proxy that buffers has the TTFT of whole answers, so that the other server seems to be faster. */
function streamNotes(baseline: Side, candidate: Side): string[] {
  return [
    ...streamWarnings(baseline.runs).map((warning) => `Baseline: ${warning}`),
    ...streamWarnings(candidate.runs).map((warning) => `Candidate: ${warning}`),
  ];
}

function failureNotes(pairs: readonly SettingPair[]): string[] {
  return pairs.flatMap(({ settings, baseline, candidate }) => {
    const [before, after] = [baseline.failedShare, candidate.failedShare];
    const where = wholeSettingText(settings);
    if (after - before <= moreFailures) {
      if (before <= manyFailures) return [];
      return [
        `At ${where} the baseline left ${percentText(before)} of the requests without an answer (candidate ${percentText(after)}); latencies cover only the others, and the load was lighter.`,
      ];
    }
    return [
      `At ${where} the candidate left ${percentText(after)} of the requests without an answer (baseline ${percentText(before)}); latencies cover only the others.`,
    ];
  });
}

/** Why intervals are wider than the trials alone would make them. */
function delayNotes(pairs: readonly SettingPair[], interleaved: boolean): string[] {
  const late = pairs
    .flatMap(({ baseline, candidate }) => [baseline, candidate])
    .filter(({ runs, clientError }) => clientError.delay.meanMs > noticeableDelay * leastLatencyMs(runs));
  if (late.length === 0) return [];
  const delayMs = Math.max(...late.map(({ clientError }) => clientError.delay.meanMs));
  const allowance = interleaved ? 'how much that differs between the two servers' : 'that';
  return [
    `The load generator noticed events up to ${timeText(delayMs)} late on average; the intervals allow for ${allowance}.`,
  ];
}

function leastLatencyMs(runs: readonly Run[]): number {
  return Math.min(...runs.map(({ metrics }) => metrics.ttft.mean ?? metrics.e2e.mean ?? Infinity));
}

/** Why figures that both sides have are not in the table: each reason once. */
function conflictNotes(pairs: readonly SettingPair[], shown: readonly ComparedMetric[]): string[] {
  const conflicts = new Map<string, { readonly ids: Set<string>; readonly places: Set<string> }>();
  for (const metric of shown) {
    for (const { settings, baseline, candidate } of pairs) {
      const conflict = conflictOf(metric, baseline, candidate) ?? absenceOf(metric, baseline, candidate, 'values');
      const isKnown = baseline.value(metric) !== null || candidate.value(metric) !== null;
      if (conflict === null || !isKnown) continue;
      const { ids, places } = conflicts.get(conflict) ?? { ids: new Set(), places: new Set() };
      conflicts.set(conflict, { ids: ids.add(metric.id), places: places.add(wholeSettingText(settings)) });
    }
  }
  return [...conflicts].map(([conflict, { ids, places }]) => {
    const what = ids.size > mostNamed ? plural(ids.size, 'figure') : listed([...ids]);
    const where = places.size === pairs.length ? '' : ` at ${[...places].join('; ')}`;
    return `${what} ${ids.size === 1 ? 'is' : 'are'} not compared${where}: ${conflict}.`;
  });
}

/** The texts are those of the same plan, but templates and tokenizers may differ. */
function promptNotes(pairs: readonly SettingPair[]): string[] {
  const lengths = pairs.flatMap(
    ({ baseline, candidate }) => otherLengths('input_tokens_per_second', baseline, candidate) ?? [],
  );
  return [...new Set(lengths)].slice(0, 1).map((each) => `Prompts had ${each}, as the servers count them.`);
}

/** If there are more figures than this, they are counted instead of named. */
const mostNamed = 4;

function endNotes(baseline: Side, candidate: Side): string[] {
  const [before, after] = [baseline.endedEarly, candidate.endedEarly];
  if (before !== null && after?.message === before.message) {
    return [`${incompleteText('The measurement', before)}.`];
  }
  return [
    ...(before === null ? [] : [`${incompleteText('The measurement of the baseline', before)}.`]),
    ...(after === null ? [] : [`${incompleteText('The measurement of the candidate', after)}.`]),
  ];
}

function kindOf({ target }: Side): string {
  return target.server.split('/', 1)[0] ?? target.server;
}
