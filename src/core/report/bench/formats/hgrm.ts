import { metricNames } from '../../../measurement/metric-names.js';
import type { BenchResult } from '../../../measurement/result-schema.js';
import type { SettingSummary } from '../../../measurement/settings/summarise.js';
import { oneLine } from '../../text/escape.js';

/**
 * The percentile distribution of every setting and latency in HdrHistogram's text format, in milliseconds, all trials of a
 * setting together. Plotters take one distribution per file, so each has a section of its own that awk can cut out.
 */
export function toHgrm(result: BenchResult, summaries: readonly SettingSummary[]): string {
  const sections = summaries.flatMap((summary) =>
    metricNames.flatMap((name) => {
      const histogram = summary.histograms.get(name);
      if (histogram === undefined || histogram.count === 0) return [];
      return [{ name: sectionName(summary, name), text: histogram.percentileDistribution() }];
    }),
  );
  const [first] = sections;
  const example = first === undefined ? '' : first.name;
  const head = [
    `# chatstream bench: ${oneLine(result.target.model)} on ${oneLine(result.target.server)}, ${result.started_at}`,
    '# Percentile distributions in milliseconds, one section per setting and latency.',
    ...(first === undefined
      ? ['# No request was completed: there are no sections.']
      : [
          '# An HdrHistogram plotter (such as plotFiles.html) wants one section per file. Cut one out with',
          `#   awk '/^#\\[Section: /{on = index($0, "#[Section: ${example}]")} on' FILE.hgrm > ${example.replaceAll(/[= ]+/g, '-')}.hgrm`,
        ]),
  ];
  return [`${head.join('\n')}\n`, ...sections.map(({ name, text }) => `#[Section: ${name}]\n${text}`)].join('\n');
}

/** `ttft concurrency=8 max_concurrency=4`. */
function sectionName({ settings }: SettingSummary, metric: string): string {
  const { concurrency, max_concurrency, rate } = settings;
  const known = Object.entries({ concurrency, max_concurrency, rate }).filter(([, value]) => value !== null);
  return [metric, ...known.map(([name, value]) => `${name}=${String(value)}`)].join(' ');
}
