import { formatBytes } from '../../base/units.js';
import type { Comparison } from '../../compare/comparison.js';
import { unknown, whole } from '../../measurement/numbers.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import { fieldText } from '../../measurement/settings/field-text.js';
import { wholeSettingText } from '../../measurement/settings/setting-text.js';
import { bySetting, settingsKey, type SettingSummary } from '../../measurement/settings/summarise.js';
import { conclusionSentences, recommendationText } from '../bench/conclusions/conclusion.js';
import { answeringSetting, byLoad } from '../bench/conclusions/find-max.js';
import { findMaxSentences, isAnswerClear } from '../bench/conclusions/find-max-answer.js';
import { toCsv } from '../bench/formats/csv.js';
import { toSeriesCsv } from '../bench/formats/series-csv.js';
import { toStagesCsv } from '../bench/formats/stages-csv.js';
import { stageOverloadSentences } from '../bench/latency/stage-breakdown.js';
import { notesBelow } from '../bench/notes/notes.js';
import { failuresOf, otherWarnings, truthWarnings } from '../bench/notes/warnings.js';
import { overloadSentences, steadyOf } from '../bench/overload.js';
import { isMarked } from '../bench/row-labels.js';
import { comparisonJson } from '../compare/json.js';
import { loadItems, machineItems, targetItems } from '../text/description.js';
import { Markup, markup } from '../text/markup.js';
import { breakdownSections } from './breakdown-tables.js';
import { latencyFigures } from './charts/latencies.js';
import { overTimeFigure } from './charts/over-time.js';
import { sweepFigure } from './charts/sweep.js';
import { trialsFigure } from './charts/trials.js';
import { waterfallFigure } from './charts/waterfall.js';
import { commandSection } from './command.js';
import { comparisonBody } from './comparison-page.js';
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
  const [model = '', ...server] = targetItems(result.target);
  const measured = summaries.length > 0;
  const recommendation = recommendationText(result, summaries);
  const sentences = conclusionSentences(result, summaries);
  // With --versus, the result has both.
  const baseline = comparison === null || comparison.interleaved ? null : (comparison.baseline.result ?? null);
  const isSearch = result.find_max !== undefined;
  const figures = measured
    ? markup`${settingsTable(result, summaries)}
<ul class="notes">${notesBelow(result, summaries, 'Green:').map((note) => markup`<li>${note}</li>`)}</ul>`
    : new Markup('');
  const words = markup`${sentences.map((sentence) => markup`<p>${prose(sentence)}</p>`)}`;
  const sweep = sweepFigure(plot, result, summaries);
  const latencies = markup`${latencyFigures(plot, result, steadyOf(summaries))}`;
  const waterfall = waterfallFigure(plot, result, steadyOf(summaries));
  const trials = trialsFigure(plot, result, summaries);
  const body = markup`<header><h1>${model}</h1>
<p>${server.join(' · ')}</p>
<p class="dim">${loadItems(result.plan).join(' · ')}</p>
<p class="dim">${machineItems(result.machine).join(' · ')}</p></header>
${[...overloadSentences(result, summaries), ...stageOverloadSentences(result)].map((sentence) => markup`<p class="warning"><strong>${sentence}</strong></p>`)}
${comparison === null ? '' : markup`<section><h2>Compared with ${comparison.baseline.target.url}</h2>${await comparisonBody(comparison)}</section><h2>The candidate by itself</h2>`}
${recommendation === null ? '' : markup`<p class="recommended"><strong>Recommended: ${recommendation.setting}</strong>, because ${recommendation.reason}.</p>`}
${findMaxSentences(result).map((sentence, index) => markup`<p class="${index > 0 ? '' : isAnswerClear(result) ? 'recommended' : 'warning'}">${sentence}</p>`)}
${warnings(truthWarnings(result))}
${findMaxSection(plot, result)}
${isSearch ? words : markup`${figures}${words}${sweep}`}
${comparison === null ? overTime(plot, result, summaries) : ''}
${isSearch ? '' : markup`${latencies}${waterfall}${trials}`}
${breakdownSections(plot, result)}
${failureTable(summaries)}
${warnings(otherWarnings(result))}
${isSearch ? '' : circumstances(result)}
${commandSection(result.command)}${commandSection(baseline?.command, 'Command of the baseline', 'command-baseline')}`;
  // A search measures a dozen loads, and its reader wants one of them.
  const below = isSearch
    ? markup`<h2>Details</h2>
${folded('All figures of each load', figures)}
${folded('Throughput and latency', sweep)}
${folded('Distributions at each load', latencies)}
${folded('Where the time goes', waterfall)}
${folded('Spread between trials', trials)}
${folded('Plan, server and machine', circumstances(result))}`
    : new Markup('');
  return pageText({
    title: `chatstream bench: ${model}`,
    body,
    below,
    files: {
      'result.json': result,
      'result.csv': toCsv(result),
      ...(result.runs.some(({ stages }) => stages !== undefined) ? { 'result.stages.csv': toStagesCsv(result) } : {}),
      ...(comparison === null ? {} : { 'comparison.json': comparisonJson(comparison) }),
      ...(baseline === null ? {} : { 'baseline.json': baseline }),
      ...(result.runs.some(({ series }) => series !== undefined) ? { 'result.series.csv': toSeriesCsv(result) } : {}),
    },
  });
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

/** The whole plan, the server's settings, and the machine. */
function circumstances({ plan, target, machine, tool, started_at, finished_at }: BenchResult): Markup {
  const server = Object.entries(target.settings).map(([name, value]) => [name, String(value)] as const);
  const load = Object.entries(plan).map(([name, value]) => [name, valueText(name, value)] as const);
  const rest: readonly (readonly [string, string])[] = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memory_bytes)}, ${machine.os}`],
    ['gpus', valueText('gpus', machine.gpus)],
    ['measured', `${started_at} to ${finished_at}`],
    ['tool', `chatstream ${tool.version}, Node.js ${tool.node}`],
  ];
  return markup`<h2>Plan</h2>${pairs(load)}${server.length === 0 ? '' : markup`<h2>Server</h2>${pairs(server)}`}<h2>Machine</h2>${pairs(rest)}`;
}

function pairs(entries: readonly (readonly [string, string])[]): Markup {
  const rows = entries.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return markup`<table class="words pairs"><tbody>${rows}</tbody></table>`;
}

function valueText(name: string, value: unknown): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return unknown;
  return fieldText(name, value);
}
