import { listed, percentText } from '../measurement/numbers.js';
import { wholeSettingText } from '../measurement/setting-text.js';
import type { ComparedMetric } from './compared-metric.js';
import type { SettingPair } from './setting-pair.js';
import type { Side, Sides } from './side.js';

/** Failing this much more often, as a share of all requests, is worth a note: what fails has no latency. */
const moreFailures = 0.005;

/**
 * What a reader should know of two results that no figure says.
 *
 * @param shown the figures without a threshold; one with a threshold is inconclusive for the same reasons
 */
export function notesOf(
  { baseline, candidate, interleaved }: Sides,
  pairs: readonly SettingPair[],
  shown: readonly ComparedMetric[],
): readonly string[] {
  const notes = [...failureNotes(pairs), ...interruptionNotes(baseline, candidate), ...conflictNotes(pairs, shown)];
  const [before, after] = [kindOf(baseline), kindOf(candidate)];
  if (before !== after) notes.push(`The servers are different programs: ${before} and ${after}.`);
  if (baseline.toolVersion !== candidate.toolVersion) {
    notes.push(
      `The load generators were different versions of chatstream: ${baseline.toolVersion} and ${candidate.toolVersion}.`,
    );
  }
  if (!interleaved) {
    notes.push(
      'The two were measured one after the other: what changed on the machine in between looks like a change of the server. bench --versus measures them in turns.',
    );
  }
  return notes;
}

function failureNotes(pairs: readonly SettingPair[]): string[] {
  return pairs.flatMap(({ settings, baseline, candidate }) => {
    const [before, after] = [baseline.failedShare, candidate.failedShare];
    if (after - before <= moreFailures) return [];
    const where = wholeSettingText(settings);
    return [
      `At ${where} the candidate left ${percentText(after)} of the requests without an answer (baseline ${percentText(before)}); latencies are of the others. Gate it with --fail-on "success_rate<1%".`,
    ];
  });
}

/** Why figures that both sides have are not in the table: each reason once. */
function conflictNotes(pairs: readonly SettingPair[], shown: readonly ComparedMetric[]): string[] {
  const metrics = new Map<string, Set<string>>();
  for (const metric of shown) {
    for (const conflict of pairs.map((pair) => pair.conflict(metric))) {
      if (conflict !== null) metrics.set(conflict, (metrics.get(conflict) ?? new Set()).add(metric.id));
    }
  }
  return [...metrics].map(
    ([conflict, ids]) => `${listed([...ids])} ${ids.size === 1 ? 'is' : 'are'} not compared: ${conflict}.`,
  );
}

function interruptionNotes(baseline: Side, candidate: Side): string[] {
  // Of one interleaved run both sides say the same.
  if (baseline.interrupted && candidate.interrupted) return ['Measuring was interrupted before everything was done.'];
  if (baseline.interrupted) return ['Measuring the baseline was interrupted before everything was done.'];
  return candidate.interrupted ? ['Measuring the candidate was interrupted before everything was done.'] : [];
}

function kindOf({ target }: Side): string {
  return target.server.split('/', 1)[0] ?? target.server;
}
