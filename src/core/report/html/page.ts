import { formatBytes } from '../../base/units.js';
import { unknown, whole } from '../../measurement/numbers.js';
import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { columnsOf } from '../bench/columns.js';
import { conclusionSentences, recommendationText } from '../bench/conclusion.js';
import { neighboursOf } from '../bench/figures-table.js';
import { findMaxSentences } from '../bench/find-max.js';
import { notesBelow } from '../bench/notes.js';
import { overloadSentences, steadyOf } from '../bench/overload.js';
import { isMarked } from '../bench/row-labels.js';
import { failuresOf, otherWarnings, truthWarnings } from '../bench/warnings.js';
import { loadItems, machineItems, targetItems } from '../text/description.js';
import { breakdownSections } from './breakdown-tables.js';
import { findMaxSection } from './find-max-chart.js';
import { Markup, markup } from './markup.js';
import { densityChart, waterfallChart } from './row-charts.js';
import { stylesheet } from './stylesheet.js';
import { sweepChart } from './sweep-chart.js';

/** The report as one self-contained file: no scripts, fonts or requests. */
export function toHtml(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const [model = '', ...server] = targetItems(result.target);
  const measured = summaries.length > 0;
  const recommendation = recommendationText(result, summaries);
  const sentences = conclusionSentences(result, summaries);
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>chatstream bench: ${model}</title>
<style>${new Markup(stylesheet)}</style>
</head>
<body>
<header><h1>${model}</h1>
<p>${server.join(' · ')}</p>
<p class="dim">${loadItems(result.plan).join(' · ')}</p>
<p class="dim">${machineItems(result.machine).join(' · ')}</p></header>
${overloadSentences(result, summaries).map((sentence) => markup`<p class="warning"><strong>${sentence}</strong></p>`)}
${recommendation === null ? '' : markup`<p class="recommended"><strong>Recommended: ${recommendation.setting}</strong>, because ${recommendation.reason}.</p>`}
${findMaxSentences(result).map((sentence, index) => markup`<p class="${index === 0 ? 'recommended' : ''}">${sentence}</p>`)}
${warnings(truthWarnings(result))}
${findMaxSection(result)}
${measured ? figuresTable(result, summaries) : ''}
${measured ? markup`<p class="notes">${notesBelow(result, summaries, 'Green:').join(' ')}</p>` : ''}
${densityChart(result, steadyOf(result, summaries))}
${waterfallChart(result, steadyOf(result, summaries))}
${sweepChart(result, summaries)}
${sentences.map((sentence) => markup`<p>${sentence}</p>`)}
${breakdownSections(result)}
${failureTable(summaries)}
${warnings(otherWarnings(result))}
${result.command === undefined ? '' : markup`<h2>To repeat this</h2><pre><code>${result.command}</code></pre>`}
${circumstances(result)}
</body>
</html>
`;
  return page.text;
}

function warnings(texts: readonly string[]): readonly Markup[] {
  return texts.map((text) => markup`<p class="warning">${text}</p>`);
}

/** The main table with all its columns. */
function figuresTable(result: BenchResult, summaries: readonly SettingSummary[]): Markup {
  const groups = neighboursOf(columnsOf(result, summaries));
  const columns = groups.flat();
  const rows = summaries.map((summary, index) => {
    const cells = columns.map(({ cells }) => markup`<td>${cells[index] ?? ''}</td>`);
    return markup`<tr class="${isMarked(result, summaries, summary) ? 'marked' : ''}">${cells}</tr>`;
  });
  return markup`<div class="scroll"><table>
<thead><tr>${groups.map((group) => markup`<th colspan="${group.length}" scope="colgroup">${group[0]?.group ?? ''}</th>`)}</tr>
<tr>${columns.map(({ heading }) => markup`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function failureTable(summaries: readonly SettingSummary[]): Markup {
  const failures = failuresOf(summaries);
  if (failures.length === 0) return new Markup('');
  const rows = failures.map(
    ({ code, count, where, example }) =>
      markup`<tr><td>${code}</td><td>${whole(count)}</td><td>${where}</td><td>${example}</td></tr>`,
  );
  return markup`<h2>Unanswered requests</h2>
<table class="words"><thead><tr><th>code</th><th>requests</th><th>where</th><th>example</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** The whole plan, the server's settings, and the machine. */
function circumstances({ plan, target, machine, tool, started_at, finished_at }: BenchResult): Markup {
  const server = Object.entries(target.settings).map(([name, value]) => [name, String(value)] as const);
  const load = Object.entries(plan).map(([name, value]) => [name, valueText(value)] as const);
  const rest: readonly (readonly [string, string])[] = [
    ['machine', `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memory_bytes)}, ${machine.os}`],
    ['gpus', valueText(machine.gpus)],
    ['measured', `${started_at} to ${finished_at}`],
    ['tool', `chatstream ${tool.version}, Node.js ${tool.node}`],
  ];
  return markup`<h2>Plan</h2>${pairs(load)}${server.length === 0 ? '' : markup`<h2>Server</h2>${pairs(server)}`}<h2>Machine</h2>${pairs(rest)}`;
}

function pairs(entries: readonly (readonly [string, string])[]): Markup {
  const rows = entries.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return markup`<table class="words"><tbody>${rows}</tbody></table>`;
}

function valueText(value: unknown): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return unknown;
  if (Array.isArray(value)) return value.map(String).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
