import { formatDuration } from '../../base/units.js';
import { littlesLawTolerance } from '../../statistics/littles-law.js';
import type { BenchResult, Run } from '../../measurement/result-schema.js';
import { percentText, plural } from '../../measurement/numbers.js';
import { type Dimension, dimensionsOf, settingsText } from '../../measurement/setting-text.js';
import { oneLine } from '../text/escape.js';

/** What makes the figures doubtful: a report says it before it shows them. */
export function truthWarnings({
  runs,
  interrupted,
  plan,
}: Pick<BenchResult, 'runs' | 'interrupted' | 'plan'>): string[] {
  const by = dimensionsOf(runs.map(({ settings }) => settings));
  const warnings: string[] = [];
  if (interrupted) {
    warnings.push(`Interrupted: stopped after ${plural(runs.length, 'run')}, before everything was measured.`);
  }
  if (runs.length > 0 && runs.every(({ requests }) => requests.completed === 0)) {
    warnings.push('No request was completed, so there is no latency to show.');
  }
  warnings.push(...saturation(runs, by), ...littlesLaw(runs, by), ...countedChunks(runs, plan.trials));
  return warnings;
}

/** The result's warnings that {@link truthWarnings} does not say already. */
export function otherWarnings(result: BenchResult): string[] {
  const said = new Set(truthWarnings(result));
  return result.warnings.map(oneLine).filter((warning) => warning !== '' && !said.has(warning));
}

function saturation(runs: readonly Run[], by: readonly Dimension[]): string[] {
  const saturated = runs.filter(({ client }) => client.saturated);
  if (saturated.length === 0) return [];
  const delayMs = Math.max(...saturated.map(({ client }) => client.event_loop_delay_ms.p99));
  const cpu = Math.max(...saturated.map(({ client }) => client.cpu_share));
  return [
    `The load generator was saturated at ${settingsOf(saturated, by)}: event-loop delay p99 up to ` +
      `${formatDuration(delayMs)}, CPU up to ${percentText(cpu)} of a core. ` +
      'Latencies contain its own delays; run it with fewer clients, or on a machine with nothing else to do.',
  ];
}

function littlesLaw(runs: readonly Run[], by: readonly Dimension[]): string[] {
  const off = runs.filter(({ checks }) => Math.abs(checks.littles_law_error ?? 0) > littlesLawTolerance);
  if (off.length === 0) return [];
  const most = Math.max(...off.map(({ checks }) => Math.abs(checks.littles_law_error ?? 0)));
  return [
    `Little's law is off by up to ${percentText(most)} at ${settingsOf(off, by)}: rate times response time is not what ` +
      'was in flight. Measure for longer (-d).',
  ];
}

function countedChunks(runs: readonly Run[], trials: number): string[] {
  const counted = runs.filter(({ output_tokens_source: source }) => source === 'chunks' || source === 'mixed');
  if (counted.length === 0) return [];
  const where = counted.length === runs.length ? '' : ` in ${plural(counted.length, trials > 1 ? 'trial' : 'setting')}`;
  return [
    `The server does not report usage${where}: each chunk was counted as one token. ` +
      'If it packs several tokens into a chunk, tokens/s is too low and TPOT too high.',
  ];
}

function settingsOf(runs: readonly Run[], by: readonly Dimension[]): string {
  const seen = new Map(runs.map(({ settings }) => [by.map(({ key }) => settings[key]).join(), settings]));
  return settingsText([...seen.values()], by);
}
