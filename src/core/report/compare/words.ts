import type { JudgedMetric } from '../../compare/compared-metric.js';
import type { ComparedRow, Comparison } from '../../compare/comparison.js';
import { differenceTexts } from '../../compare/differences.js';
import type { Doubt } from '../../compare/judgement.js';
import type { Threshold } from '../../compare/threshold.js';
import { trialsToDecide } from '../../compare/trials/width.js';
import {
  listed,
  orUnknown,
  percentText,
  plural,
  significant,
  timeText,
  unknown,
  whole,
} from '../../measurement/numbers.js';
import type { Plan, Setting } from '../../measurement/result-schema.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { measureLonger } from '../../measurement/validity/measure-longer.js';
import type { Interval } from '../../statistics/ratio.js';

/** A figure with its unit: `812 ms`, `452/s`, `99.5 %`; a limit without, unless it is a rate. */
export function valueText(value: number | null, metric: JudgedMetric): string {
  return orUnknown(value, (known) => {
    if (metric.type === 'latency') return timeText(known);
    if (metric.type === 'limit') return metric.by === 'rate' ? `${significant(known)}/s` : whole(known);
    return metric.rate === 'success_rate' ? `${String(Number((known * 100).toFixed(2)))} %` : `${significant(known)}/s`;
  });
}

/** `1.231`, `0.95`; large ones with fewer decimals, and those too large to tell apart as `1000+`. */
export function ratioText(ratio: number | null, decimals = 2): string {
  return orUnknown(ratio, (known) => {
    if (known === Infinity) return '∞';
    if (known > 1000) return '1000+';
    return known >= 10 ? significant(known) : known.toFixed(decimals);
  });
}

export function intervalText(interval: Interval | null, decimals = 2): string {
  return interval === null ? unknown : `${ratioText(interval.lower, decimals)}–${ratioText(interval.upper, decimals)}`;
}

/** What is allowed: `≤ 1.1`, `≥ 0.95`. */
export function limitText({ metric, limit }: Threshold): string {
  return `${metric.type === 'latency' ? '≤' : '≥'} ${String(Number(limit.toFixed(4)))}`;
}

/** The same in a sentence: `at most 1.1`. */
export function allowedText({ metric, limit }: Threshold): string {
  return `${metric.type === 'latency' ? 'at most' : 'at least'} ${String(Number(limit.toFixed(4)))}`;
}

/** The verdict on a row, in one to three words. */
export function verdictText({ judgement, interval }: ComparedRow): string {
  if (judgement.type === 'gated') return judgement.outcome.verdict;
  if (judgement.tendency !== 'unclear') return judgement.tendency;
  return interval === null ? unknown : 'no clear change';
}

/** `ttft.p95 at 8 clients and max-concurrency 4`. */
export function rowName({ metric, settings }: Pick<ComparedRow, 'metric' | 'settings'>): string {
  return nameAt(metric.id, settings);
}

/** What names a row. */
type NamedRow = Pick<ComparedRow, 'metric' | 'settings'>;

/**
 * `ttft.p50 and tpot.p50 at 8 clients`: a setting that all have in common once. `ttft.p50 and tpot.p50 (4 settings)`: figures
 * with the same settings once.
 */
export function rowNames(rows: readonly NamedRow[]): string {
  const byMetric = new Map<string, NamedRow[]>();
  for (const row of rows) byMetric.set(row.metric.id, [...(byMetric.get(row.metric.id) ?? []), row]);
  const bySettings = new Map<string, { readonly figures: string[]; readonly at: readonly NamedRow[] }>();
  for (const [figure, at] of byMetric) {
    const key = at
      .map(({ settings }) => wholeSettingText(settings))
      .toSorted()
      .join('\n');
    const same = bySettings.get(key) ?? { figures: [], at };
    same.figures.push(figure);
    bySettings.set(key, same);
  }
  const names = [...bySettings.values()].map(({ figures, at }) => {
    const [first] = at;
    if (first === undefined || at.length > 1) return `${listed(figures)} (${plural(at.length, 'setting')})`;
    return nameAt(listed(figures), first.settings);
  });
  return listed(names);
}

function nameAt(figures: string, settings: Setting): string {
  const where = wholeSettingText(settings);
  // Of a search, only what stayed the same is a setting, and that may be nothing.
  return where === '' ? figures : `${figures} at ${where}`;
}

/** `5 trials on each side`. */
function trialsText({ baseline, candidate }: { readonly baseline: number; readonly candidate: number }): string {
  if (baseline === candidate) return `${plural(baseline, 'trial')} on each side`;
  return `${plural(baseline, 'trial')} of the baseline and ${candidate} of the candidate`;
}

/**
 * What is wrong and what to do about it, as the end of a sentence without its full stop.
 *
 * @param plan of the measurements, which says how they can be made longer
 */
export function doubtText(doubt: Doubt, row: ComparedRow, plan: Plan): string {
  switch (doubt.reason) {
    case 'too-few-trials': {
      const { needed } = doubt;
      if (doubt.hasEmptyTrials) {
        return `${trialsText(doubt)} have ${row.metric.id}, but the gate needs ${needed}: ${measureLonger(plan, { of: 'requests' })}, or more --trials`;
      }
      return `${trialsText(doubt)}, but the gate needs ${needed}: run bench with --trials ${needed}`;
    }
    case 'saturated-client':
      return saturationText(doubt);
    case 'too-wide': {
      if (row.metric.type === 'limit') {
        return `its 95 % interval, ${intervalText(row.interval)}, contains the limit: search with a smaller --precision, or ${measureLonger(plan, { of: 'time' })}`;
      }
      const factor = trialsFactor(row);
      if (factor === 'delay') return moreTrials(factor);
      return `its 95 % interval, ${intervalText(row.interval)}, contains the limit: ${moreTrials(factor)}`;
    }
    case 'not-measured':
      return doubt.explanation;
  }
}

/** What was wrong with the load generator, and what to do about it. */
function saturationText({ saturation, delayMs, cpuShare }: Extract<Doubt, { reason: 'saturated-client' }>): string {
  const what = {
    cpu: `it used ${percentText(cpuShare)} of a core, so the load was lighter than planned`,
    'late-sends': `it sent late (by ${timeText(delayMs)} on average), so the load was lighter than planned`,
    'ttft-error': `its own delay, ${timeText(delayMs)} on average, is larger than the differences between the requests`,
  };
  return `the load generator was saturated: ${listed(saturation.map((each) => what[each]))}; ${lighterLoad}`;
}

/** What to do about a load generator that is too slow. */
export const lighterLoad = 'measure with fewer clients, more --workers, or from another machine';

/** That more trials would be in vain. */
export const delayAlone = `the load generator's own delay alone may be the difference to the limit: ${lighterLoad}`;

/** Below the least it would be a matter of luck; above the most it would take too long. */
const timesAsMany = { least: 1.5, most: 10 } as const;

/**
 * What to do about an interval that is too wide.
 *
 * @param factor as {@link trialsFactor} gives it
 */
export function moreTrials(factor: number | 'delay' | null): string {
  if (factor === 'delay') {
    return delayAlone;
  }
  return factor === null
    ? `it would take more than ${timesAsMany.most} times as many trials to decide it`
    : `about ${String(factor)} times as many trials would decide it`;
}

/**
 * How many times as many trials would keep the interval clear of the limit.
 *
 * @returns rounded up to a tenth; null for very many; `delay` if trials are not what is missing
 */
export function trialsFactor(
  row: Pick<ComparedRow, 'ratio' | 'interval' | 'spread' | 'judgement'>,
): number | 'delay' | null {
  const needed = row.judgement.type === 'gated' ? trialsToDecide(row, row.judgement.threshold.limit) : NaN;
  if (needed === 'delay') return needed;
  // Not rounded up because of the rounding error of binary fractions.
  const factor = Math.ceil(10 * needed - 1e-6) / 10;
  return factor <= timesAsMany.most ? Math.max(timesAsMany.least, factor) : null;
}

/** `5 trials on each side, measured alternately`; `7 trials on each side, of at most 20, measured at the same time`. */
export function howMeasured({ rows, interleaved, candidate: { plan } }: Comparison): string {
  const search = rows.find(({ metric }) => metric.type === 'limit');
  if (search !== undefined) {
    const { baseline, candidate } = search.trials;
    return `searches of ${plural(baseline, 'measurement')} and ${candidate}, one after the other`;
  }
  const counts = (side: 'baseline' | 'candidate'): readonly number[] => rows.map(({ trials }) => trials[side]);
  const [baseline, candidate] = [Math.min(...counts('baseline')), Math.min(...counts('candidate'))];
  const together = plan.duet === true ? 'measured at the same time' : 'measured alternately';
  const order = interleaved ? together : 'measured one after the other';
  const trials = rows.length === 0 ? 'no trials' : trialsText({ baseline, candidate });
  const most = plan.trials_least === undefined ? '' : `, of at most ${plan.trials}`;
  return `${trials}${most}, ${order}`;
}

/** The setting if there is only one, since the table does not name it then. */
export function settingsBeside({ rows }: Comparison): string {
  const texts = new Set(rows.map(({ settings }) => wholeSettingText(settings)));
  const [only = ''] = texts;
  return texts.size === 1 ? only : '';
}

/** A sentence for each side that was measured at settings that the other does not have. */
export function unmatchedTexts({ unmatched, rows }: Comparison): readonly string[] {
  // A search chooses its loads itself.
  if (rows.some(({ metric }) => metric.type === 'limit')) return [];
  return (['baseline', 'candidate'] as const).flatMap((side) => {
    const settings = unmatched[side];
    if (settings.length === 0) return [];
    const which = settings.length > 4 ? plural(settings.length, 'setting') : settings.map(wholeSettingText).join('; ');
    return [`Only the ${side} was measured at ${which}, so that is not compared.`];
  });
}

/** A sentence that belongs to the verdict: that it is on two models, which may be a mistake. */
export function modelsText({ models }: Comparison): readonly string[] {
  if (models === null) return [];
  const { baseline, candidate } = models;
  return [`Two models were compared: "${baseline}" (baseline) and "${candidate}" (candidate).`];
}

/** The allowed differences in a sentence. */
export function differencesText({ differences }: Comparison): readonly string[] {
  if (differences.length === 0) return [];
  return [`They differ in ${listed(differenceTexts(differences))}, which --allow permits.`];
}
