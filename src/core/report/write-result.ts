import { accessSync, constants, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { ChatstreamError, messageOf } from '../base/errors.js';
import type { Comparison } from '../compare/comparison.js';
import { benchJunit } from './bench/junit.js';
import { comparisonMarkdown } from './compare/markdown.js';
import type { BenchResult } from '../measurement/result-schema.js';
import type { SettingSummary } from '../measurement/summarise.js';
import { toCsv } from './bench/csv.js';
import { toHgrm } from './bench/hgrm.js';
import { toHtml } from './html/page.js';
import { toMarkdown } from './bench/markdown.js';

type Format = (result: BenchResult, summaries: readonly SettingSummary[], comparison: Comparison | null) => string;

/** What a file is, by its name's end. */
const formats: Readonly<Record<string, Format>> = {
  '.json': (result) => `${JSON.stringify(result, null, 2)}\n`,
  '.csv': toCsv,
  // The verdict comes first: it is what a pull request asks for.
  '.md': (result, summaries, comparison) =>
    (comparison === null ? '' : `${comparisonMarkdown(comparison)}\n`) + toMarkdown(result, summaries),
  '.html': toHtml,
  '.hgrm': toHgrm,
  '.xml': benchJunit,
};

/**
 * Finds out before anything is measured whether a file can be written afterwards.
 *
 * @throws ChatstreamError `usage` for an unknown kind of file, or a folder that is not there or closed to us
 */
export function checkOutput(path: string): void {
  if (formats[extname(path).toLowerCase()] === undefined) {
    throw new ChatstreamError('usage', `${path} has no ending that says what to write.`, {
      hint: `Let it end in one of ${Object.keys(formats).join(', ')}.`,
    });
  }
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error(`${path} is a folder`);
  } catch (error) {
    throw new ChatstreamError('usage', `${path} cannot be written: ${messageOf(error)}.`, {
      hint: 'Name a file in a folder that exists and may be written to.',
      cause: error,
    });
  }
}

/** Writes one file, with the comparison if there is one. @throws ChatstreamError `output_failed` */
export async function writeResult(
  path: string,
  result: BenchResult,
  summaries: readonly SettingSummary[],
  comparison: Comparison | null = null,
): Promise<void> {
  const format = formats[extname(path).toLowerCase()];
  try {
    await writeFile(path, format?.(result, summaries, comparison) ?? '');
  } catch (error) {
    throw new ChatstreamError('output_failed', `${path} could not be written: ${messageOf(error)}.`, { cause: error });
  }
}
