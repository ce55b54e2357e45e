import { type Comparison, gatedRows, isGated } from '../../compare/comparison.js';
import type { SeveralComparisons } from '../../compare/verdicts/compare-several.js';
import { bySetting, settingsKey } from '../../measurement/by-setting.js';
import { plural } from '../../measurement/numbers.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { type SettingSummary, summarise } from '../../measurement/settings/summarise.js';
import { headlineOf } from '../bench/columns.js';
import { massesOf } from '../bench/latency/masses.js';
import { conclusionOf, reasonsOf } from '../compare/conclusion.js';
import { comparisonJson } from '../compare/json.js';
import { severalJson } from '../compare/several-candidates.js';
import { differencesText, howMeasured, modelsText, unmatchedTexts } from '../compare/words.js';
import { loadItems, machineItems, targetItems } from '../text/description.js';
import { type Markup, markup } from '../text/markup.js';
import { distributionFigure } from './charts/distributions.js';
import { intervalsFigure } from './charts/intervals.js';
import { withoutRepeats } from './charts/latencies.js';
import { limitsOf } from './charts/limits.js';
import { overTimeFigure } from './charts/over-time.js';
import { commandSection } from './command.js';
import { comparisonTable } from './comparison-table.js';
import { pageText } from './page-text.js';
import { loadPlot, type PlotLibrary } from './plot/draw.js';
import { prose } from './prose.js';

/** A comparison as one self-contained file: the verdict, intervals against limits, distributions on top of each other. */
export async function comparisonHtml(comparison: Comparison): Promise<string> {
  return pageText({
    title: `chatstream compare: ${comparison.verdict}`,
    body: markup`<header><h1>Comparison of two servers</h1></header>${circumstances(comparison)}${await comparisonBody(comparison)}${commands([comparison])}`,
    files: { 'comparison.json': comparisonJson(comparison), ...resultsOf([comparison]) },
  });
}

/** The same for several candidates, one after the other. */
export async function severalHtml(several: SeveralComparisons): Promise<string> {
  const bodies = await Promise.all(several.comparisons.map(comparisonBody));
  return pageText({
    title: `chatstream compare: ${several.verdict}`,
    body: markup`<header><h1>Comparison of ${several.comparisons.length} candidates with one baseline</h1></header>
${several.comparisons.slice(0, 1).map(circumstances)}
${bodies.map((body, index) => markup`<section><h2>${several.comparisons[index]?.candidate.name ?? ''}</h2>${body}</section>`)}
${commands(several.comparisons)}`,
    files: { 'comparison.json': severalJson(several), ...resultsOf(several.comparisons) },
  });
}

/** The results that were compared, by the names of files to save them in. */
function resultsOf(comparisons: readonly Comparison[]): Readonly<Record<string, unknown>> {
  const [first] = comparisons;
  if (first === undefined) return {};
  const { baseline, candidate, interleaved } = first;
  if (interleaved) return { 'result.json': candidate.result };
  const isOnly = comparisons.length === 1;
  const files: Record<string, unknown> = { 'baseline.json': baseline.result };
  for (const [index, each] of comparisons.entries()) {
    files[isOnly ? 'candidate.json' : `candidate-${index + 1}.json`] = each.candidate.result;
  }
  return files;
}

/** The commands that repeat the results, each once. */
function commands(comparisons: readonly Comparison[]): readonly Markup[] {
  const [first] = comparisons;
  if (first === undefined) return [];
  if (first.interleaved) return [commandSection(first.candidate.result?.command)];
  const isOnly = comparisons.length === 1;
  return [
    commandSection(first.baseline.result?.command, 'Command of the baseline', 'command-baseline'),
    ...comparisons.map(({ candidate: { name, result } }, index) =>
      commandSection(
        result?.command,
        isOnly ? 'Command of the candidate' : `Command of ${name}`,
        `command-candidate-${index + 1}`,
      ),
    ),
  ];
}

/** Everything about one candidate, as a part of a page. */
export async function comparisonBody(comparison: Comparison): Promise<Markup> {
  const plot = await loadPlot();
  const { baseline, candidate, rows, notes } = comparison;
  const [, ...more] = conclusionOf(comparison);
  const gated = gatedRows(comparison);
  const others = rows.filter((row) => !isGated(row));
  const side = (word: string, { name, target }: Comparison['baseline']): Markup =>
    markup`<p><strong>${word}</strong> ${[name, ...targetItems(target)].join(' · ')}</p>`;
  return markup`${side('Baseline', baseline)}${side('Candidate', candidate)}
${modelsText(comparison).map((text) => markup`<p class="warning">${prose(text)}</p>`)}
${verdictBlock(comparison)}
${[...more, `${howMeasured(comparison)}.`].map((sentence) => markup`<p>${prose(sentence)}</p>`)}
${[...notes, ...unmatchedTexts(comparison), ...differencesText(comparison)].map((note) => markup`<p class="warning">${prose(note)}</p>`)}
${intervalsFigure(plot, gated.length > 0 ? 'Intervals against their limits' : 'Ratios', gated.length > 0 ? gated : rows)}
${gated.length > 0 ? intervalsFigure(plot, 'Other figures, not judged', others) : ''}
${overlaid(plot, comparison)}
${overTime(plot, comparison)}
${rows.length === 0 ? '' : markup`<details><summary>All figures</summary>${comparisonTable(rows)}</details>`}`;
}

/** The verdict; several reasons for an inconclusive one as a list. */
function verdictBlock(comparison: Comparison): Markup {
  const { verdict } = comparison;
  const [first = ''] = conclusionOf(comparison);
  const reasons = verdict === 'inconclusive' ? reasonsOf(comparison) : [];
  if (reasons.length < 2) return markup`<p class="verdict ${verdict}"><strong>${prose(first)}</strong></p>`;
  const gated = gatedRows(comparison);
  const open = gated.filter(({ judgement }) => judgement.outcome.verdict === 'inconclusive').length;
  const undecided =
    gated.length === 0
      ? 'nothing could be compared'
      : open === gated.length
        ? `none of ${plural(open, 'check')} could be decided`
        : `${open} of ${plural(gated.length, 'check')} could not be decided`;
  return markup`<div class="verdict ${verdict}"><strong>Inconclusive: ${undecided}.</strong>
<ul>${reasons.map((reason) => markup`<li>${prose(reason)}.</li>`)}</ul></div>`;
}

function circumstances({ candidate }: Comparison): Markup {
  return markup`<p class="dim">${loadItems(candidate.plan).join(' · ')}</p><p class="dim">${machineItems(candidate.machine).join(' · ')}</p>`;
}

/** The distributions of both sides at each setting that both have. */
function overlaid(plot: PlotLibrary, { baseline, candidate }: Comparison): readonly Markup[] {
  const before = new Map(summarise(baseline.runs).map((summary) => [settingsKey(summary.settings), summary]));
  const after = summarise(candidate.runs);
  const isSingle = bySetting(candidate.runs).size === 1;
  const headline = headlineOf(candidate);
  const metrics = withoutRepeats([
    { metric: headline.metric, title: headline.name },
    { metric: 'tpot', title: 'Time per output token (TPOT)' },
    { metric: 'e2e', title: 'End to end' },
  ] as const);
  const both = after.flatMap((summary) => {
    const other = before.get(settingsKey(summary.settings));
    return other === undefined ? [] : [{ summary, other, overloaded: overloadedText(summary, other) }];
  });
  const firstDrawn = both.find(({ overloaded }) => overloaded === null);
  return both.flatMap((each) => {
    const { summary, other, overloaded } = each;
    if (overloaded !== null) return [markup`<p class="notes">${overloaded}</p>`];
    return metrics.map(({ metric, title }, place) => {
      const distribution = (name: string, shortName: string, colour: string, side: SettingSummary) => ({
        name,
        shortName,
        colour,
        masses: massesOf(side, metric),
        figures: side.metrics[metric],
      });
      return distributionFigure(plot, {
        title: isSingle ? title : `${title} at ${wholeSettingText(summary.settings)}`,
        limits: limitsOf(candidate, metric),
        distributions: [
          distribution('baseline', 'base', 'var(--client)', other),
          distribution('candidate', 'cand.', 'var(--first)', summary),
        ],
        isOverlaid: true,
        isExplained: each !== firstDrawn || place > 0,
      });
    });
  });
}

/** Both sides over time at each setting of the candidate; the first one is shown, and the others can be unfolded. */
function overTime(plot: PlotLibrary, { baseline, candidate }: Comparison): Markup {
  const before = bySetting(baseline.runs);
  const [first, ...more] = [...bySetting(candidate.runs)].map(([key, runs]) => {
    const setting = runs.slice(0, 1).map(({ settings }) => wholeSettingText(settings));
    return [
      overTimeFigure(plot, baseline, `baseline, ${setting.join()}`, before.get(key) ?? []),
      overTimeFigure(plot, candidate, `candidate, ${setting.join()}`, runs),
    ];
  });
  const rest = more.flat().filter(({ text }) => text !== '');
  return markup`${first ?? []}
${rest.length === 0 ? '' : markup`<details><summary>Over the run at the other settings</summary>${rest}</details>`}`;
}

/** Why no distributions are drawn of a setting: with an overloaded server, they only say how long was measured. */
function overloadedText(candidate: SettingSummary, baseline: SettingSummary): string | null {
  if (!candidate.isOverloaded && !baseline.isOverloaded) return null;
  const both = candidate.isOverloaded && baseline.isOverloaded;
  const who = both ? 'of both servers' : `of the ${candidate.isOverloaded ? 'candidate' : 'baseline'}`;
  const setting = wholeSettingText(candidate.settings);
  return `No distributions at ${setting}: the queue ${who} grew without end, so they would only reflect the length of the measurement.`;
}
