import type { CheckedRow, HistoryCheck, HistoryDoubt, RegressionCause } from '../../history/check.js';
import { isServerLost } from '../../history/series.js';
import { plural } from '../../measurement/numbers.js';
import { dimensionsOf, settingValue } from '../../measurement/settings/setting-text.js';
import { allowedText, limitText, rowNames, valueText } from '../compare/words.js';
import { targetItems } from '../text/description.js';
import { oneLine } from '../text/escape.js';
import { padEnd, type Paint, painter, type ReportStyle, wrap } from '../text/style.js';
import { borderlessTable, type DrawnTable } from '../text/table.js';
import {
  changeInterval,
  checkedName,
  commitText,
  delayDoubtText,
  evidenceText,
  historyDoubtText,
  signedPercent,
  timeOfEntry,
} from './words.js';

const colours: Readonly<Record<string, Parameters<Paint>[0]>> = {
  regression: ['bold', 'red'],
  inconclusive: ['bold', 'yellow'],
  pass: ['bold', 'green'],
  improvement: ['bold', 'green'],
  worse: 'red',
  better: 'green',
};

const marks: Readonly<Record<string, string>> = { regression: '✗', inconclusive: '?', pass: '✓', improvement: '✓' };

/** What `history check` prints on a terminal, without a line feed at the end. */
export function renderCheck(check: HistoryCheck, notes: readonly string[], style: ReportStyle): string {
  const paint = painter(style);
  const { newest, verdict } = check;
  const described = [commitText(newest) ?? [], targetItems(newest.target)].flat().join(' · ');
  const header = wrap(oneLine(described), style.width - 8).map(
    (line, index) => padEnd(index === 0 ? paint('bold', 'Newest') : '', 8) + line,
  );
  const remarks = notes.flatMap((note) =>
    wrap(oneLine(note), style.width - 2).map((line, index) => (index === 0 ? `${paint('yellow', '!')} ` : '  ') + line),
  );
  const conclusion = checkConclusion(check).flatMap((sentence, place) =>
    wrap(sentence, style.width, '  ').map((line, index) =>
      place + index === 0 ? paint(colours[verdict] ?? 'bold', line) : line,
    ),
  );
  return [
    [...header, paint('dim', `${timeOfEntry(newest)} UTC · ${plural(check.before, 'comparable result')} before it`)],
    remarks,
    checkTable(check, style),
    conclusion,
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** The rows that were judged, or all if none was. */
export function shownRows(rows: readonly CheckedRow[]): readonly CheckedRow[] {
  const gated = rows.filter(({ judgement }) => judgement.type === 'gated');
  return gated.length > 0 ? gated : rows;
}

/** Headings and cells of the rows that are shown. */
export function checkCells(check: HistoryCheck): {
  readonly headings: readonly string[];
  readonly rows: readonly CheckedCells[];
} {
  const rows = shownRows(check.rows);
  const isGated = rows.some(({ judgement }) => judgement.type === 'gated');
  const several = new Set(rows.map(({ settings }) => JSON.stringify(settings))).size > 1;
  const dimensions = several ? dimensionsOf(rows.map(({ settings }) => settings)) : [];
  const headings = [
    ...dimensions.map(({ name }) => name),
    ...['metric', 'before', 'newest', 'change', '95 %'],
    ...(isGated ? ['limit'] : []),
    'since',
    'verdict',
  ];
  return {
    headings,
    rows: rows.map((row) => {
      const { judgement, evidence, metric, value } = row;
      const change = evidence?.change ?? null;
      return {
        verdict: verdictOf(row),
        cells: [
          ...dimensions.map((dimension) => settingValue(row.settings, dimension)),
          metric.id,
          valueText(change?.level ?? null, metric),
          valueText(value, metric),
          change === null ? '–' : signedPercent(change.ratio),
          change === null ? '–' : changeInterval(change),
          ...(judgement.type === 'gated' ? [limitText(judgement.threshold)] : []),
          sinceText(row),
          verdictOf(row),
        ],
      };
    }),
  };
}

interface CheckedCells {
  readonly verdict: string;
  readonly cells: readonly string[];
}

/** What is dropped where there is no room, in this order. */
const layouts = [
  { gap: 2, without: [] },
  { gap: 1, without: [] },
  { gap: 1, without: ['limit'] },
  { gap: 1, without: ['limit', '95 %'] },
] satisfies readonly Layout[];

interface Layout {
  readonly gap: number;
  /** Headings. */
  readonly without: readonly string[];
}

function checkTable(check: HistoryCheck, style: ReportStyle): readonly string[] {
  const cells = checkCells(check);
  if (cells.rows.length === 0) return [];
  let lines: readonly string[] = [];
  for (const layout of layouts) {
    const table = drawn(cells, layout, painter(style));
    lines = table.lines;
    if (table.width <= style.width) break;
  }
  return lines;
}

function drawn({ headings, rows }: ReturnType<typeof checkCells>, { gap, without }: Layout, paint: Paint): DrawnTable {
  const kept = headings.flatMap((heading, index) => (without.includes(heading) ? [] : [{ heading, index }]));
  const texts = new Set(['metric', 'since', 'verdict']);
  const columns = kept.map(({ heading }, place) => ({
    align: texts.has(heading) ? ('left' as const) : ('right' as const),
    gap: place === 0 ? 1 : gap,
  }));
  const body = rows.map(({ verdict, cells }) => {
    const colour = colours[verdict] ?? 'reset';
    const shown = kept.map(({ heading, index }) =>
      heading === 'verdict' ? paint(colour, cells[index] ?? '') : (cells[index] ?? ''),
    );
    return [paint(colour, marks[verdict] ?? ' '), ...shown];
  });
  const head = [' ', ...kept.map(({ heading }) => paint('dim', heading))];
  return borderlessTable([head, ...body], [{ align: 'left', gap: 0 }, ...columns]);
}

function verdictOf({ judgement, evidence }: CheckedRow): string {
  if (judgement.type === 'gated') return judgement.outcome.verdict;
  if (judgement.tendency !== 'unclear') return judgement.tendency;
  return evidence === null ? '–' : 'no clear change';
}

/** The commit at which the level changed; empty if only the newest value counts. */
function sinceText({ evidence, series }: CheckedRow): string {
  if (evidence?.type !== 'level') return '';
  const point = series[evidence.index];
  return point === undefined ? '' : (commitText(point.entry) ?? timeOfEntry(point.entry));
}

/** Why the newest result has nothing to check, as a sentence without its full stop; null if there is something. */
export function nothingChecked({ rows, newest }: HistoryCheck): string | null {
  if (rows.length > 0) return null;
  if (newest.rows.length === 0) {
    return isServerLost(newest)
      ? 'the server of the newest result was lost before anything was measured'
      : 'nothing was measured in the newest result';
  }
  const completed = newest.rows.reduce((sum, { requests }) => sum + requests.completed, 0);
  return completed === 0 ? 'no request of the newest result was completed' : 'the newest result has no figure';
}

/** The verdict and what to do about it, as sentences; the first begins with the verdict. */
export function checkConclusion(check: HistoryCheck): readonly string[] {
  const { verdict, rows, before } = check;
  const nothing = nothingChecked(check);
  if (nothing !== null) return [`${verdict === 'regression' ? 'Regression' : 'Inconclusive'}: ${nothing}.`];
  const of = (wanted: string): readonly CheckedRow[] =>
    rows.filter(({ judgement }) => judgement.type === 'gated' && judgement.outcome.verdict === wanted);
  const gated = rows.filter(({ judgement }) => judgement.type === 'gated');
  switch (verdict) {
    case 'none':
      return ['Nothing was judged: give --fail-on "ttft.p95>10%" to get a verdict.'];
    case 'pass': {
      const better = of('improvement');
      const all =
        gated.length === 1 ? 'the check is within its limit' : `all ${gated.length} checks are within their limits`;
      return [
        `Pass: ${all}, against ${plural(before, 'result')} before.`,
        ...better.map((row) => `Improvement: ${rowText(row)}.`),
      ];
    }
    case 'inconclusive':
      return [`Inconclusive: ${doubts(of('inconclusive'))}.`];
    case 'regression':
      return [
        ...of('regression').map((row) => `Regression: ${rowText(row)}.`),
        ...(of('inconclusive').length === 0 ? [] : [`Also inconclusive: ${doubts(of('inconclusive'))}.`]),
      ];
  }
}

/** What a row says: `ttft.p95 at 8 clients rose by 18.0 % (…) at commit 1a2b3c4, 3 runs ago; at most 1.1 times is allowed`. */
export function rowText(row: CheckedRow): string {
  const { judgement, evidence } = row;
  const what = evidence === null ? '' : ` ${evidenceText(row, evidence)}`;
  if (judgement.type === 'shown') return checkedName(row) + what;
  const { outcome, threshold } = judgement;
  switch (outcome.verdict) {
    case 'regression':
      return regressionText(row, outcome.cause, `${what}; ${allowedText(threshold)} times is allowed`);
    case 'inconclusive':
      return doubtOfRow(row, outcome.doubt);
    case 'pass':
    case 'improvement':
      return checkedName(row) + what;
  }
}

/** @param beyond how far it exceeds what is allowed, as the end of the sentence */
function regressionText(row: CheckedRow, cause: RegressionCause, beyond: string): string {
  switch (cause) {
    case 'lost':
      return `${checkedName(row)} is lost: too few requests were completed to compute it`;
    case 'server-lost':
      return `${checkedName(row)}: the server of the newest result was lost before everything was measured`;
    case 'overloaded':
      return `${checkedName(row)} has no steady value: the queue of the newest grew without end, and those of the results before it did not`;
    case 'beyond-limit':
      return `${checkedName(row)}${beyond}`;
  }
}

/** Each reason once. */
function doubts(rows: readonly CheckedRow[]): string {
  const byText = new Map<string, CheckedRow[]>();
  for (const row of rows) {
    const { judgement } = row;
    if (judgement.type !== 'gated' || judgement.outcome.verdict !== 'inconclusive') continue;
    const { doubt } = judgement.outcome;
    const text = doubt.reason === 'client-delay' ? delayDoubtText(doubt) : historyDoubtText(doubt, row);
    byText.set(text, [...(byText.get(text) ?? []), row]);
  }
  return [...byText]
    .map(([text, doubtful]) => {
      const [first] = doubtful;
      if (first !== undefined && doubtful.length === 1) return rowText(first);
      const names = doubtful.length > 3 ? plural(doubtful.length, 'check') : rowNames(doubtful);
      return `${names}: ${text}`;
    })
    .join('; ');
}

/** What happened follows the name of the row; a reason without figures stands behind a colon. */
function doubtOfRow(row: CheckedRow, doubt: HistoryDoubt): string {
  return `${checkedName(row)}${row.evidence === null ? ':' : ''} ${historyDoubtText(doubt, row)}`;
}
