import { percentText } from '../measurement/numbers.js';
import { wholeSettingText } from '../measurement/setting-text.js';
import type { Setting } from '../measurement/result-schema.js';
import type { SettingTrials } from './setting-trials.js';
import type { Side, Sides } from './side.js';

/** Failing this much more often, as a share of all requests, is worth a note: what fails has no latency. */
const moreFailures = 0.005;

interface Compared {
  readonly settings: Setting;
  readonly baseline: SettingTrials;
  readonly candidate: SettingTrials;
}

/** What a reader should know of two results that no figure says. */
export function notesOf({ baseline, candidate, interleaved }: Sides, compared: readonly Compared[]): readonly string[] {
  const notes = [...failureNotes(compared), ...interruptionNotes(baseline, candidate)];
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

function failureNotes(compared: readonly Compared[]): string[] {
  return compared.flatMap(({ settings, baseline, candidate }) => {
    const [before, after] = [baseline.failedShare, candidate.failedShare];
    if (after - before <= moreFailures) return [];
    const where = wholeSettingText(settings);
    return [
      `At ${where} the candidate left ${percentText(after)} of the requests without an answer (baseline ${percentText(before)}); latencies are of the others. Gate it with --fail-on "success_rate<1%".`,
    ];
  });
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
