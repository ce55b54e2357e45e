import { type Comparison, type GatedRow, gatedRows } from '../../compare/comparison.js';
import { nothingCompared } from '../../compare/nothing-compared.js';
import { plural } from '../../measurement/numbers.js';
import type { Plan } from '../../measurement/result-schema.js';
import { incompleteText } from '../../measurement/validity/ended-early.js';
import {
  allowedText,
  doubtText,
  intervalText,
  moreTrials,
  ratioText,
  rowName,
  rowNames,
  trialsFactor,
} from './words.js';

/** The verdict and what to do about it, as sentences; the first begins with the verdict. */
export function conclusionOf(comparison: Comparison): readonly string[] {
  const rows = gatedRows(comparison);
  const [worst] = rows;
  switch (comparison.verdict) {
    case 'none':
      return [tendencyText(comparison), 'Nothing was judged: give --fail-on "ttft.p95>10%" to get a verdict.'];
    case 'pass':
      return [passText(rows)];
    case 'inconclusive':
      return [`Inconclusive: ${reasonsOf(comparison).join('; ')}.`, ...adviceOf(comparison, rows)];
    case 'regression': {
      const others = doubtsOf(comparison);
      const regressed = rows.filter(({ judgement }) => judgement.outcome.verdict === 'regression');
      if (regressed.length === 0) return [`Regression: ${endText(comparison) ?? ''}.`];
      const count =
        regressed.length === 1 ? '' : ` (and ${regressed.length - 1} more, of ${plural(rows.length, 'check')})`;
      return [
        `Regression: ${worst === undefined ? '' : regressionText(worst)}${count}.`,
        ...(others.length === 0 ? [] : [`Also inconclusive: ${others.join('; ')}.`]),
      ];
    }
  }
}

/** Why a comparison, or a part of it, is inconclusive: one text for each reason, without its full stop. */
export function reasonsOf(comparison: Comparison): readonly string[] {
  const incomplete = [endText(comparison), nothingCompared(comparison)].filter((text) => text !== null);
  return [...doubtsOf(comparison), ...incomplete];
}

/** Makes intervals narrower without more trials. */
function adviceOf({ interleaved, candidate }: Comparison, rows: readonly GatedRow[]): readonly string[] {
  const isTooWide = rows.some(
    (row) =>
      row.judgement.outcome.verdict === 'inconclusive' &&
      row.judgement.outcome.doubt.reason === 'too-wide' &&
      trialsFactor(row) !== 'delay',
  );
  if (!isTooWide || !interleaved || candidate.plan.duet === true) return [];
  return ['If other programs keep the machine busy, --duet decides sooner: it measures both servers at the same time.'];
}

/** Says that not everything was measured; a sentence without its full stop, null if everything was. */
export function endText({ baseline, candidate }: Comparison): string | null {
  const ended = [candidate.endedEarly, baseline.endedEarly].filter((each) => each !== null);
  const [first] = ended;
  if (first === undefined) return null;
  const lost = ended.find(({ cause }) => cause === 'target-lost');
  if (lost === undefined) return incompleteText('the measurement', first);
  const side = lost === candidate.endedEarly ? 'candidate' : 'baseline';
  return `the ${side} was lost before the measurement was complete`;
}

/** What became worse, by how much, and how much was allowed; a sentence without its full stop. */
export function regressionText(row: GatedRow): string {
  const { outcome, threshold } = row.judgement;
  const cause = outcome.verdict === 'regression' ? outcome.cause : 'beyond-limit';
  if (cause === 'lost') return `${rowName(row)} is lost: too few requests were completed there to compute it`;
  if (cause === 'overloaded') {
    return `${rowName(row)} has no steady value: the candidate's queue grew without end, and the baseline's did not`;
  }
  if (row.ratio === null) {
    const most = ratioText(row.interval?.upper ?? null);
    return `${rowName(row)} is at most ${most} times the baseline, and ${allowedText(threshold)} is allowed`;
  }
  return `${rowName(row)} is ${ratioText(row.ratio)} times the baseline (95 % interval ${intervalText(row.interval)}), and ${allowedText(threshold)} is allowed`;
}

/** Each reason once, with the rows it applies to unless it applies to all. */
function doubtsOf(comparison: Comparison): readonly string[] {
  const rows = gatedRows(comparison);
  const { plan } = comparison.candidate;
  const byText = new Map<string, GatedRow[]>();
  const tooWide: GatedRow[] = [];
  for (const row of rows) {
    const { outcome } = row.judgement;
    if (outcome.verdict !== 'inconclusive') continue;
    const isOfFigure = row.metric.type !== 'limit';
    if (isOfFigure && outcome.doubt.reason === 'too-wide' && trialsFactor(row) !== 'delay') {
      tooWide.push(row);
      continue;
    }
    const text = doubtText(outcome.doubt, row, plan);
    byText.set(text, [...(byText.get(text) ?? []), row]);
  }
  const reasons = [...byText].map(([text, doubtful]) => {
    if (doubtful.length === rows.length) return text;
    const figures = new Set(doubtful.map(({ metric }) => metric.id));
    const names = figures.size > 3 ? plural(doubtful.length, 'check') : rowNames(doubtful);
    return `${names}: ${text}`;
  });
  return tooWide.length === 0 ? reasons : [...reasons, tooWideText(tooWide, plan)];
}

/** A single interval with its figures; several with how many trials would make most of them narrow enough. */
function tooWideText(rows: readonly GatedRow[], plan: Plan): string {
  const [first] = rows;
  if (first !== undefined && rows.length === 1)
    return `${rowName(first)}: ${doubtText({ reason: 'too-wide', isLasting: false }, first, plan)}`;
  const wanted = rows.map(trialsFactor).filter((factor) => typeof factor === 'number');
  const hopeless = rows.length - wanted.length;
  const advice = moreTrials(wanted.length === 0 ? null : Math.max(...wanted));
  const rest =
    hopeless === 0 || wanted.length === 0
      ? ''
      : ` for ${wanted.length} of them; the others are too close to their limits`;
  return `the 95 % intervals of ${plural(rows.length, 'check')} contain their limits: ${advice}${rest}`;
}

function passText(rows: readonly GatedRow[]): string {
  const improved = rows.filter(({ judgement }) => judgement.outcome.verdict === 'improvement').length;
  const all = rows.length === 1 ? 'the check is within its limit' : `all ${rows.length} checks are within their limits`;
  return `Pass: ${all}${improved === 0 ? '' : `, ${improved === rows.length ? 'and' : `and ${improved} of them`} clearly better than before`}.`;
}

const singleTrialText =
  'Nothing can be said about changes, because a single trial does not show how much figures vary by chance: run bench with --trials 5.';

function tendencyText({ rows }: Comparison): string {
  const count = (tendency: 'worse' | 'better'): number =>
    rows.filter(({ judgement }) => judgement.type === 'shown' && judgement.tendency === tendency).length;
  const [worse, better] = [count('worse'), count('better')];
  if (worse + better === 0) {
    const isSingle = rows.every(({ trials }) => Math.min(trials.baseline, trials.candidate) === 1);
    if (isSingle && rows.length > 0 && rows.every(({ interval }) => interval === null)) return singleTrialText;
    return `None of ${plural(rows.length, 'figure')} has clearly changed.`;
  }
  return `Of ${plural(rows.length, 'figure')}, ${worse} became clearly worse and ${better} clearly better.`;
}
