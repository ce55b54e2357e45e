import type { BenchResult } from '../../measurement/result-schema.js';
import type { SettingSummary } from '../../measurement/summarise.js';
import { loadItems, machineItems, targetItems } from '../text/description.js';
import { notesBelow } from '../bench/notes.js';
import { conclusionSentences, recommendationText } from '../bench/conclusion.js';
import { otherWarnings, truthWarnings } from '../bench/warnings.js';
import { densityChart } from './density-chart.js';
import { Markup, markup } from './markup.js';
import { stylesheet } from './stylesheet.js';
import { sweepChart } from './sweep-chart.js';
import { circumstances, failureTable, figuresTable } from './tables.js';
import { waterfallChart } from './waterfall-chart.js';

/** The report as one file that needs nothing else: no script, no font, no request to anywhere. */
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
${recommendation === null ? '' : markup`<p class="recommended"><strong>Recommended: ${recommendation.setting}</strong>, because ${recommendation.reason}.</p>`}
${warnings(truthWarnings(result))}
${measured ? figuresTable(result, summaries) : ''}
${measured ? markup`<p class="notes">${notesBelow(result, summaries, 'Green:').join(' ')}</p>` : ''}
${densityChart(result, summaries)}
${waterfallChart(result, summaries)}
${sweepChart(result, summaries)}
${sentences.map((sentence) => markup`<p>${sentence}</p>`)}
${failureTable(summaries)}
${warnings(otherWarnings(result))}
${circumstances(result)}
</body>
</html>
`;
  return page.text;
}

function warnings(texts: readonly string[]): readonly Markup[] {
  return texts.map((text) => markup`<p class="warning">${text}</p>`);
}
