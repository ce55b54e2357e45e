import type { Comparison } from '../../compare/comparison.js';
import { bySetting, settingsKey } from '../../measurement/by-setting.js';
import { whole } from '../../measurement/numbers.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import type { SettingSummary } from '../../measurement/settings/summarise.js';
import { conclusionSentences, recommendationText } from '../bench/conclusions/conclusion.js';
import { answeringSetting, byLoad } from '../bench/conclusions/find-max.js';
import { findMaxSentences, isAnswerClear } from '../bench/conclusions/find-max-answer.js';
import { stageOverloadSentences } from '../bench/latency/stage-breakdown.js';
import { notesBelow } from '../bench/notes/notes.js';
import { failuresOf, otherWarnings, truthWarnings } from '../bench/notes/warnings.js';
import { overloadSentences, steadyOf } from '../bench/overload.js';
import { isMarked } from '../bench/row-labels.js';
import { loadItems, machineItems, targetItems } from '../text/description.js';
import { Markup, markup } from '../text/markup.js';
import { breakdownSections } from './breakdown-tables.js';
import { latencyFigures } from './charts/latencies.js';
import { overTimeFigure } from './charts/over-time.js';
import { sweepFigure } from './charts/sweep.js';
import { trialsFigure } from './charts/trials.js';
import { waterfallFigure } from './charts/waterfall.js';
import { circumstances } from './circumstances.js';
import { commandSection } from './command.js';
import { comparisonBody } from './comparison-page.js';
import { baselineOf, filesToSave } from './files-to-save.js';
import { findMaxSection } from './find-max-section.js';
import { pageText } from './page-text.js';
import { loadPlot, type PlotLibrary } from './plot/draw.js';
import { prose } from './prose.js';
import { settingsTable } from './settings-table.js';

/** The report as one self-contained file. */
export async function toHtml(
  result: BenchResult,
  measuredSettings: readonly SettingSummary[],
  comparison: Comparison | null = null,
): Promise<string> {
  const summaries = byLoad(result, measuredSettings);
  const plot = await loadPlot();
  const [model = ''] = targetItems(result.target);
  const baseline = baselineOf(comparison);
  const parts = partsOf(plot, result, summaries);
  const isSearch = result.find_max !== undefined;
  const body = markup`${header(result)}
${[...overloadSentences(result, summaries), ...stageOverloadSentences(result)].map((sentence) => markup`<p class="warning"><strong>${sentence}</strong></p>`)}
${comparison === null ? '' : await comparisonSection(comparison)}
${recommended(result, summaries)}
${findMaxSentences(result).map((sentence, index) => markup`<p class="${index > 0 ? '' : isAnswerClear(result) ? 'recommended' : 'warning'}">${sentence}</p>`)}
${warnings(truthWarnings(result))}
${findMaxSection(plot, result)}
${isSearch ? parts.words : markup`${parts.figures}${parts.words}${parts.sweep}`}
${comparison === null ? overTime(plot, result, summaries) : ''}
${isSearch ? '' : markup`${parts.latencies}${parts.waterfall}${parts.trials}`}
${breakdownSections(plot, result)}
${failureTable(summaries)}
${warnings(otherWarnings(result))}
${isSearch ? '' : parts.circumstances}
${commandSection(result.command)}${commandSection(baseline?.command, 'Command of the baseline', 'command-baseline')}`;
  const below = isSearch ? details(parts) : new Markup('');
  return pageText({
    title: `chatstream bench: ${model}`,
    body,
    below,
    files: filesToSave(result, comparison),
  });
}

/** The parts of a report that stand elsewhere in that of a search. */
interface Parts {
  readonly figures: Markup;
  readonly words: Markup;
  readonly sweep: Markup;
  readonly latencies: Markup;
  readonly waterfall: Markup;
  readonly trials: Markup;
  readonly circumstances: Markup;
}

function partsOf(plot: PlotLibrary, result: BenchResult, summaries: readonly SettingSummary[]): Parts {
  const sentences = conclusionSentences(result, summaries);
  const steady = steadyOf(summaries);
  return {
    figures: allFigures(result, summaries),
    words: markup`${sentences.map((sentence) => markup`<p>${prose(sentence)}</p>`)}`,
    sweep: sweepFigure(plot, result, summaries),
    latencies: markup`${latencyFigures(plot, result, steady)}`,
    waterfall: waterfallFigure(plot, result, steady),
    trials: trialsFigure(plot, result, summaries),
    circumstances: circumstances(result),
  };
}

/** A search measures a dozen loads, and its reader wants one of them. */
function details({ figures, sweep, latencies, waterfall, trials, circumstances: plan }: Parts): Markup {
  return markup`<h2>Details</h2>
${folded('All figures of each load', figures)}
${folded('Throughput and latency', sweep)}
${folded('Distributions at each load', latencies)}
${folded('Where the time goes', waterfall)}
${folded('Spread between trials', trials)}
${folded('Plan, server and machine', plan)}`;
}

/** What was measured, and where. */
function header({ target, plan, machine }: BenchResult): Markup {
  const [model = '', ...server] = targetItems(target);
  return markup`<header><h1>${model}</h1>
<p>${server.join(' · ')}</p>
<p class="dim">${loadItems(plan).join(' · ')}</p>
<p class="dim">${machineItems(machine).join(' · ')}</p></header>`;
}

async function comparisonSection(comparison: Comparison): Promise<Markup> {
  const body = await comparisonBody(comparison);
  return markup`<section><h2>Compared with ${comparison.baseline.target.url}</h2>${body}</section><h2>The candidate by itself</h2>`;
}

function recommended(result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const recommendation = recommendationText(result, summaries);
  if (recommendation === null) return new Markup('');
  const { setting, reason } = recommendation;
  return markup`<p class="recommended"><strong>Recommended: ${setting}</strong>, because ${reason}.</p>`;
}

function allFigures(result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  if (summaries.length === 0) return new Markup('');
  const notes = notesBelow(result, summaries, 'Green:');
  return markup`${settingsTable(result, summaries)}
<ul class="notes">${notes.map((note) => markup`<li>${note}</li>`)}</ul>`;
}

function folded(title: string, content: Markup): Markup {
  if (content.text.trim() === '') return content;
  return markup`<details class="part"><summary>${title}</summary>${content}</details>`;
}

/** The answer of a search, the recommended setting, or the first one; the others can be unfolded. */
function overTime(plot: PlotLibrary, result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const trials = bySetting(result.runs);
  const answer = answeringSetting(result, summaries);
  const first = answer ?? summaries.find((summary) => isMarked(result, summaries, summary));
  const figures = summaries.map(({ settings }) =>
    overTimeFigure(plot, result, wholeSettingText(settings), trials.get(settingsKey(settings)) ?? []),
  );
  const [shown] = figures.splice(first === undefined ? 0 : summaries.indexOf(first), 1);
  const rest = figures.filter(({ text }) => text !== '');
  return markup`${shown ?? ''}
${rest.length === 0 ? '' : markup`<details><summary>Over the run at the other settings</summary>${rest}</details>`}`;
}

function warnings(texts: readonly string[]): readonly Markup[] {
  return texts.map((text) => markup`<p class="warning">${prose(text)}</p>`);
}

function failureTable(summaries: readonly SettingSummary[]): Markup {
  const failures = failuresOf(summaries);
  if (failures.length === 0) return new Markup('');
  const rows = failures.map(
    ({ code, count, where, example }) =>
      markup`<tr><td>${code}</td><td>${whole(count)}</td><td>${where}</td><td>${example}</td></tr>`,
  );
  return markup`<h2>Unanswered requests</h2>
<div class="scroll"><table class="words"><thead><tr><th>code</th><th>requests</th><th>where</th><th>example</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
