import { randomUUID } from 'node:crypto';
import { accessSync, constants, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { ChatstreamError } from '../base/errors.js';
import { fileReason, isDiskFull, writeHint } from '../base/files/file-errors.js';
import { replaceFile } from '../base/files/replace-file.js';
import type { Comparison } from '../compare/comparison.js';
import type { SeveralComparisons } from '../compare/verdicts/compare-several.js';
import type { HistoryCheck } from '../history/check.js';
import type { Trends } from '../history/trend.js';
import type { BenchResult } from '../measurement/result-schema.js';
import type { SettingSummary } from '../measurement/settings/summarise.js';
import { toCsv } from './bench/formats/csv.js';
import { toHgrm } from './bench/formats/hgrm.js';
import { benchJunit } from './bench/formats/junit.js';
import { toMarkdown } from './bench/formats/markdown.js';
import { toSeriesCsv } from './bench/formats/series-csv.js';
import { toStagesCsv } from './bench/formats/stages-csv.js';
import { comparisonJson } from './compare/json.js';
import { comparisonSuites } from './compare/junit.js';
import { comparisonMarkdown } from './compare/markdown.js';
import { severalJson, severalMarkdown, severalSuites } from './compare/several-candidates.js';
import { checkJson, checkJunit, checkMarkdown } from './history/check-files.js';
import { trendChart } from './history/trend-chart.js';
import { trendCsv, trendJson, trendMarkdown } from './history/trend-files.js';
import { comparisonHtml, severalHtml } from './html/comparison-page.js';
import { toHtml } from './html/page.js';
import { junitXml } from './text/junit-xml.js';

/** In bytes. */
const smallReport = 16 * 1024;

/** File formats by extension, each with the function that renders the content. */
type Formats<Content> = Readonly<Record<string, (content: Content) => string | Promise<string>>>;

interface BenchContent {
  readonly result: BenchResult;
  readonly summaries: readonly SettingSummary[];
  readonly comparison: Comparison | null;
}

const benchFormats: Formats<BenchContent> = {
  '.json': ({ result }) => jsonText(result),
  '.csv': ({ result }) => toCsv(result),
  '.series.csv': ({ result }) => toSeriesCsv(result),
  '.stages.csv': ({ result }) => toStagesCsv(result),
  // The verdict comes first: a pull request needs it most.
  '.md': ({ result, summaries, comparison }) =>
    (comparison === null ? '' : `${comparisonMarkdown(comparison)}\n`) + toMarkdown(result, summaries),
  '.html': ({ result, summaries, comparison }) => toHtml(result, summaries, comparison),
  '.hgrm': ({ result, summaries }) => toHgrm(result, summaries),
  '.xml': ({ result, summaries, comparison }) => benchJunit(result, summaries, comparison),
};

const comparisonFormats: Formats<Comparison> = {
  '.md': comparisonMarkdown,
  '.html': comparisonHtml,
  '.xml': (comparison) => junitXml('chatstream compare', comparisonSuites(comparison)),
  '.json': (comparison) => jsonText(comparisonJson(comparison)),
};

const severalFormats: Formats<SeveralComparisons> = {
  '.md': severalMarkdown,
  '.html': severalHtml,
  '.xml': (several) => junitXml('chatstream compare', severalSuites(several)),
  '.json': (several) => jsonText(severalJson(several)),
};

const trendFormats: Formats<Trends> = {
  '.svg': trendChart,
  '.md': trendMarkdown,
  '.csv': trendCsv,
  '.json': (trends) => jsonText(trendJson(trends)),
};

const historyCheckFormats: Formats<HistoryCheck> = {
  '.md': checkMarkdown,
  '.xml': checkJunit,
  '.json': (check) => jsonText(checkJson(check)),
};

/**
 * Checks before anything is measured that a report of a bench can be written to a file afterwards.
 *
 * @throws ChatstreamError `usage` for an extension that is not supported, for a folder that is missing, and for what is read-only;
 *   `output_failed` for a full disk
 */
export function checkOutput(path: string): void {
  checkPath(path, benchFormats);
  try {
    tryRoom(path);
  } catch (error) {
    throw unwritable(path, error, 'output_failed');
  }
}

/** The same for comparisons, except that a full disk must not hide a verdict. @throws ChatstreamError `usage` */
export function checkComparisonOutput(path: string): void {
  checkPath(path, comparisonFormats);
}

/** The same for the trends of a history. @throws ChatstreamError `usage` */
export function checkTrendOutput(path: string): void {
  checkPath(path, trendFormats);
}

/** The same for the check of a history. @throws ChatstreamError `usage` */
export function checkHistoryOutput(path: string): void {
  checkPath(path, historyCheckFormats);
}

/**
 * Writes a report of a bench, with the comparison if there is one.
 *
 * @throws ChatstreamError `output_failed`; an older file is whole then
 */
export async function writeResult(
  path: string,
  result: BenchResult,
  summaries: readonly SettingSummary[],
  comparison: Comparison | null = null,
): Promise<void> {
  await writeContent(path, benchFormats, { result, summaries, comparison });
}

/** Writes a comparison to a file. @throws ChatstreamError `output_failed`; an older file is whole then */
export async function writeComparison(path: string, comparison: Comparison): Promise<void> {
  await writeContent(path, comparisonFormats, comparison);
}

/** The same for the comparison of several candidates. @throws ChatstreamError `output_failed` */
export async function writeSeveral(path: string, several: SeveralComparisons): Promise<void> {
  await writeContent(path, severalFormats, several);
}

/** The same for the trends of a history. @throws ChatstreamError `output_failed` */
export async function writeTrends(path: string, trends: Trends): Promise<void> {
  await writeContent(path, trendFormats, trends);
}

/** The same for the check of a history. @throws ChatstreamError `output_failed` */
export async function writeHistoryCheck(path: string, check: HistoryCheck): Promise<void> {
  await writeContent(path, historyCheckFormats, check);
}

/** By the longest extension that fits: `result.series.csv` is a series. */
function formatOf<Content>(path: string, formats: Formats<Content>): Formats<Content>[string] | undefined {
  const name = basename(path).toLowerCase();
  return formats[/\.(?:series|stages)\.csv$/.exec(name)?.[0] ?? ''] ?? formats[extname(name)];
}

function checkPath(path: string, formats: Formats<never>): void {
  if (path === '') {
    throw new ChatstreamError('usage', 'The path of a file for the result is empty.', {
      hint: 'Write it as result.json.',
    });
  }
  const extension = extname(path);
  if (formatOf(path, formats) === undefined) {
    const problem = extension === '' ? 'has no extension' : 'has an unsupported extension';
    throw new ChatstreamError('usage', `${path} ${problem}.`, {
      hint: `Supported extensions: ${Object.keys(formats).join(', ')}.`,
    });
  }
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK);
    const older = statSync(path, { throwIfNoEntry: false });
    if (older?.isDirectory() === true) throw Object.assign(new Error(`${path} is a folder`), { code: 'EISDIR' });
    if (older !== undefined) accessSync(path, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error, 'usage');
  }
}

function unwritable(path: string, cause: unknown, code: 'usage' | 'output_failed'): ChatstreamError {
  return new ChatstreamError(code, `${path} cannot be written: ${fileReason(cause)}.`, {
    hint: writeHint(cause),
    cause,
  });
}

/**
 * What is left on the disk may be needed until the report is written, but a disk that is full already would cost a measurement.
 *
 * @throws the system's error if it is
 */
function tryRoom(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) return;
  const trial = join(dirname(resolve(path)), `.chatstream-${randomUUID()}.tmp`);
  try {
    writeFileSync(trial, Buffer.alloc(smallReport), { flag: 'wx' });
  } catch (error) {
    if (isDiskFull(error)) throw error;
  } finally {
    rmSync(trial, { force: true });
  }
}

async function writeContent<Content>(path: string, formats: Formats<Content>, content: Content): Promise<void> {
  const text = (await formatOf(path, formats)?.(content)) ?? '';
  try {
    await replaceFile(path, text);
  } catch (error) {
    throw new ChatstreamError('output_failed', `${path} could not be written: ${fileReason(error)}.`, {
      hint: writeHint(error),
      cause: error,
    });
  }
}

/** An array of numbers stands in one line: a series has hundreds of them. */
function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2).replaceAll(numbers, (array) => array.replaceAll(/\s+/g, ''))}\n`;
}

/** An innermost array of numbers on several lines; in a text, there are no line breaks. */
const numbers = /\[\n\s+(?:[-+.\deE]+|null)(?:,\n\s+(?:[-+.\deE]+|null))*\n\s+\]/g;
