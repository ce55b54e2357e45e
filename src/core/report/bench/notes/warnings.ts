import { bySetting, settingsKey } from '../../../measurement/by-setting.js';
import { metricNames, type PerMetric } from '../../../measurement/metric-names.js';
import { listed, percentText, plural, significant, timeText } from '../../../measurement/numbers.js';
import type { BenchResult, Run, Saturation } from '../../../measurement/result-schema.js';
import {
  type Dimension,
  dimensionsOf,
  settingsText,
  wholeSettingText,
} from '../../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { unansweredWarning, undisturbedRuns } from '../../../measurement/settings/unanswered.js';
import { ClientDelay, noticeableDelay } from '../../../measurement/validity/client-delay.js';
import { endedEarlyWarning, isUnexpected } from '../../../measurement/validity/ended-early.js';
import { littlesLawErrorOf } from '../../../measurement/validity/littles-law-error.js';
import { measureLonger } from '../../../measurement/validity/measure-longer.js';
import { isOverloaded } from '../../../measurement/validity/overload.js';
import { pooled, saturationOfRuns, touches } from '../../../measurement/validity/saturation.js';
import { streamWarnings } from '../../../measurement/validity/stream-warnings.js';
import { littlesLawTolerance } from '../../../statistics/littles-law.js';
import { oneLine } from '../../text/escape.js';
import { loadOf } from '../conclusions/find-max.js';
import { saturatedAgents } from './agents-notes.js';

/** Reasons to doubt the figures, which a report shows before them. */
export function truthWarnings(
  result: Pick<BenchResult, 'runs' | 'interrupted' | 'ended_early' | 'plan' | 'find_max'>,
): string[] {
  const { runs, interrupted, ended_early: endedEarly = null, plan } = result;
  const by = dimensionsOf(runs.map(({ settings }) => settings));
  const warnings: string[] = [];
  if (isUnexpected(endedEarly)) {
    warnings.push(oneLine(endedEarlyWarning(endedEarly)));
  } else if (interrupted) {
    warnings.push(`Interrupted: stopped after ${plural(runs.length, 'run')}, before everything was measured.`);
  }
  const unanswered = unansweredWarning(runs);
  if (unanswered !== null) warnings.push(oneLine(unanswered));
  warnings.push(
    ...overloads(result),
    ...fillings(result, by),
    ...undecided(result, by),
    ...aborted(runs, by),
    ...clientWarnings(runs, by),
    ...littlesLaw(undisturbedRuns(result), by, plan),
    ...countedChunks(runs, plan.trials),
    ...streamWarnings(runs),
    ...compressed(runs),
  );
  return warnings;
}

/** The result's own warnings, without those that {@link truthWarnings} repeats. */
export function otherWarnings(result: BenchResult): string[] {
  const said = new Set(truthWarnings(result));
  return result.warnings.map(oneLine).filter((warning) => warning !== '' && !said.has(warning));
}

/** Says that a queue grew without end in fewer than half of the trials; if it did in most, that is the headline. */
function overloads({ runs, plan }: Pick<BenchResult, 'runs' | 'plan'>): string[] {
  if (plan.find_max !== undefined) return [];
  const found = [...bySetting(runs).values()].filter((trials) => !isOverloaded(trials)).flat();
  return found.flatMap(({ overload, settings, trial }) => {
    if (overload === undefined) return [];
    const { in_flight_per_second: inFlight, ttft_ms_per_second: ttft } = overload;
    const which = plan.trials > 1 ? `, trial ${trial}` : '';
    return (
      `The queue grew without end at ${wholeSettingText(settings)}${which}: ${slopeText(inFlight)} requests in flight per second, ` +
      `and ${slopeText(ttft)} ms of ${plan.streaming === false ? 'end-to-end latency' : 'TTFT'}. The server cannot follow this rate, and latencies depend on how long it was measured.`
    );
  });
}

/** Says that too little was measured after an open loop had filled up to tell whether the server can follow. */
function fillings(result: Pick<BenchResult, 'runs' | 'plan' | 'find_max'>, by: readonly Dimension[]): string[] {
  const untold = result.runs.filter((run) => run.filling_seconds !== undefined && isInQuestion(run, result));
  if (untold.length === 0) return [];
  const longestMs = Math.max(...untold.map(({ filling_seconds: seconds = 0 }) => seconds)) * 1000;
  return [
    `Whether the server can follow the load at ${settingsOf(untold, by)} cannot be told: requests in flight rose, but with answers ` +
      `and conversations this long they do so for about ${timeText(longestMs)} anyway. ` +
      sentence(measureLonger(result.plan, { of: 'time', seconds: (longestMs / 1000) * enoughFillings })),
  ];
}

/**
 * Says that a queue grew by no more than chance can make it grow. A search measures again by itself where that matters.
 */
function undecided({ runs, plan }: Pick<BenchResult, 'runs' | 'plan'>, by: readonly Dimension[]): string[] {
  const untold = runs.filter(({ undecided_seconds: seconds }) => seconds !== undefined);
  if (untold.length === 0 || plan.find_max !== undefined) return [];
  const seconds = Math.max(...untold.map(({ undecided_seconds: each = 0 }) => each));
  return [
    `Whether the server can follow the load at ${settingsOf(untold, by)} cannot be told: requests in flight and TTFT rose, but so ` +
      `few requests can do that by chance. ${sentence(measureLonger(plan, { of: 'time', seconds }))}`,
  ];
}

/**
 * Whether it matters that a run was too short to tell. A search measures a load for longer each time, so that a later run may
 * tell, and of a load that misses an objective nothing more is asked.
 */
function isInQuestion({ settings }: Run, { runs, find_max: found }: Pick<BenchResult, 'runs' | 'find_max'>): boolean {
  if (found === undefined) return true;
  const key = settingsKey(settings);
  const others = runs.filter((run) => settingsKey(run.settings) === key);
  const verdict = found.points.find(({ load }) => load === loadOf(found, settings))?.verdict;
  return verdict !== 'breaks' && others.every(({ filling_seconds: seconds }) => seconds !== undefined);
}

/** This many times the time in which a load fills up leaves enough to judge. */
const enoughFillings = 3;

function slopeText({
  slope,
  lower,
  upper,
}: {
  readonly slope: number;
  readonly lower: number;
  readonly upper: number;
}): string {
  return `+${significant(slope)} (95 % interval ${significant(lower)} to ${significant(upper)})`;
}

/** That a run was ended before its time. */
function aborted(runs: readonly Run[], by: readonly Dimension[]): string[] {
  const reasons = [...new Set(runs.flatMap(({ aborted_on: reason }) => reason ?? []))];
  return reasons.map((reason) => {
    const own = runs.filter(({ aborted_on: each }) => each === reason);
    return `Ended early at ${settingsOf(own, by)}, because of --abort-on ${oneLine(reason)}.`;
  });
}

/**
 * That the load was not what it should have been; else how much of TTFT may be the load generator's own delay. The trials
 * of a setting are judged together, as comparisons and objectives do: a short one may have only a handful of requests.
 */
function clientWarnings(runs: readonly Run[], by: readonly Dimension[]): string[] {
  const settings = [...bySetting(runs).values()];
  const saturated = settings.filter(isSaturated);
  if (saturated.length > 0) return [saturationWarning(saturated, by)];
  const late = settings.filter((trials) => {
    const latency = pooled(trials, 'ttft').mean ?? pooled(trials, 'e2e').mean ?? Infinity;
    return meanDelayMs(trials) > noticeableDelay * latency;
  });
  if (late.length === 0) return [];
  const lateRuns = late.flat();
  const where = lateRuns.every(({ metrics }) => metrics.ttft.mean === null) ? '' : 'TTFT and ';
  return [
    `The load generator noticed events up to ${timeText(Math.max(...late.map(meanDelayMs)))} late on average at ` +
      `${settingsOf(lateRuns, by)}: other programs use its CPU. That delay is part of ${where}end-to-end latency.`,
  ];
}

/** 0 in results that are too old to have a mean. */
function meanDelayMs(trials: readonly Run[]): number {
  const isKnown = trials.every(({ client }) => client.event_loop_delay_ms.mean !== undefined);
  return isKnown ? ClientDelay.ofRuns(trials).meanMs : 0;
}

function isSaturated(trials: readonly Run[]): boolean {
  return trials.some(({ client }) => client.saturated) && (trials.length === 1 || saturationIn(trials).length > 0);
}

/** What was wrong with the load; empty in results that are too old to say it. */
function saturationIn(trials: readonly Run[]): readonly Saturation[] {
  const [only] = trials;
  return only !== undefined && trials.length === 1 ? (only.client.saturation ?? []) : saturationOfRuns(trials);
}

/** @param settings the trials of each saturated setting; at least one */
function saturationWarning(settings: readonly (readonly Run[])[], by: readonly Dimension[]): string {
  const runs = settings.flat();
  const cpu = Math.max(...runs.map(highestCpuShare));
  const reasons = [...new Set(settings.flatMap(saturationIn))];
  const why = reasons.length === 0 ? '' : `: ${listed(reasons.map((each) => saturationTexts[each](cpu)))}`;
  const less = runs.every(({ settings: { rate } }) => rate !== null) ? 'a lower rate' : 'fewer clients';
  const where = `${settingsOf(runs, by)}${saturatedAgents(runs)}`;
  // If it hardly used the CPU itself, a lighter load would not help.
  const advice =
    reasons.length > 0 && cpu < 0.4
      ? `It used only ${percentText(cpu)} of a core: stop other programs, or use another machine.`
      : `Use ${less}, more --workers, or another machine.`;
  return `The load generator was saturated at ${where}${why}. ${inDoubt(runs, reasons)} ${advice}`;
}

/** Which figures cannot be trusted, as a comparison and objectives do not. */
function inDoubt(runs: readonly Run[], reasons: readonly Saturation[]): string {
  const all = reasons.length === 0 ? (['cpu'] as const) : reasons;
  const touched = metricNames.filter((name) =>
    runs.some(({ metrics }) => all.some((each) => touches(each, name, metrics.queue_wait.source))),
  );
  return touched.length === metricNames.length
    ? 'All latencies and rates are in doubt.'
    : `Only these figures are in doubt: ${listed(touched.map((name) => metricTitles[name]))}.`;
}

/** Of several machines, that of the busiest. */
function highestCpuShare({ client, agents }: Run): number {
  return Math.max(client.cpu_share, ...(agents?.members ?? []).map(({ cpu_share: share }) => share));
}

const metricTitles: PerMetric<string> = {
  ttft: 'TTFT',
  ttft_from_schedule: 'TTFT from schedule',
  client_wait: 'client wait',
  queue_wait: 'queue wait',
  prefill: 'prefill',
  delivery: 'delivery',
  chunk_gap: 'chunk gaps',
  tpot: 'TPOT',
  e2e: 'end-to-end latency',
};

const saturationTexts: Readonly<Record<Saturation, (cpuShare: number) => string>> = {
  cpu: (cpuShare) => `it used ${percentText(cpuShare)} of a core`,
  'late-sends': () => 'it sent late, so the load was lighter than planned',
  'ttft-error': () => 'its own delay is larger than the differences in TTFT',
};

function littlesLaw(runs: readonly Run[], by: readonly Dimension[], plan: BenchResult['plan']): string[] {
  // When a run ended early, requests that never counted were in flight.
  const whole = runs.filter(({ aborted_on: reason }) => reason === undefined);
  const off = [...bySetting(whole).values()].filter((trials) => littlesLawErrorOf(trials) > littlesLawTolerance);
  if (off.length === 0) return [];
  const most = Math.max(...off.map(littlesLawErrorOf));
  return [
    `Little's law is off by up to ${percentText(most)} at ${settingsOf(off.flat(), by)}: rate times response time does not ` +
      `equal the number of requests in flight. ${sentence(measureLonger(plan, { of: 'time' }))}`,
  ];
}

/** With a capital letter and a full stop. */
function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function countedChunks(runs: readonly Run[], trials: number): string[] {
  // A usage that is not credible has a warning of its own.
  const counted = runs.filter(
    ({ output_tokens_source: source, checks }) =>
      (source === 'chunks' || source === 'mixed') && (checks.contradicted_usage?.answers ?? 0) === 0,
  );
  if (counted.length === 0) return [];
  const where = counted.length === runs.length ? '' : ` in ${plural(counted.length, trials > 1 ? 'trial' : 'setting')}`;
  return [
    `The server does not report usage${where}: each chunk was counted as one token. ` +
      'If it packs several tokens into a chunk, tokens/s is too low and TPOT too high.',
  ];
}

function compressed(runs: readonly Run[]): string[] {
  const encodings = new Set(runs.flatMap(({ content_encoding: encoding }) => encoding ?? []));
  if (encodings.size === 0) return [];
  return [
    `The server compressed its streams (${[...encodings].map(oneLine).join(', ')}): text waits in the compressor, which may ` +
      'delay the first token and join chunks. Measure without (--header "accept-encoding: identity").',
  ];
}

function settingsOf(runs: readonly Run[], by: readonly Dimension[]): string {
  const seen = new Map(runs.map(({ settings }) => [by.map(({ key }) => settings[key]).join(), settings]));
  return settingsText([...seen.values()], by);
}

/** Why requests were not answered: one entry per error code, the most frequent first. */
export interface Failure {
  readonly code: string;
  readonly count: number;
  /** Where it happened, in words. */
  readonly where: string;
  /** The server's message to one of them; '' if there was none. */
  readonly example: string;
}

export function failuresOf(summaries: readonly SettingSummary[]): readonly Failure[] {
  const by = dimensionsOf(summaries.map(({ settings }) => settings));
  const codes = new Set(summaries.flatMap(({ requests }) => Object.keys(requests.errors)));
  return [...codes]
    .map((code) => failureOf(code, summaries, by))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
}

function failureOf(code: string, summaries: readonly SettingSummary[], by: readonly Dimension[]): Failure {
  const having = summaries.filter(({ requests }) => (requests.errors[code] ?? 0) > 0);
  const example = having.map(({ requests }) => requests.examples[code]).find((text) => text !== undefined);
  return {
    code: oneLine(code),
    count: having.reduce((total, { requests }) => total + (requests.errors[code] ?? 0), 0),
    where:
      summaries.length === 1
        ? ''
        : settingsText(
            having.map(({ settings }) => settings),
            by,
          ),
    example: oneLine(example ?? ''),
  };
}
