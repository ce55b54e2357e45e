import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ChatstreamError, messageOf } from '../base/errors.js';
import type { Comparison } from '../compare/comparison.js';
import { comparisonJson } from './compare/json.js';
import { comparisonSuites } from './compare/junit.js';
import { junitXml } from './text/junit-xml.js';
import { comparisonMarkdown } from './compare/markdown.js';

type Format = (comparison: Comparison) => string;

/** What a file is, by its name's end. */
const formats: Readonly<Record<string, Format>> = {
  '.md': comparisonMarkdown,
  '.xml': (comparison) => junitXml('chatstream compare', comparisonSuites(comparison)),
  '.json': (comparison) => `${JSON.stringify(comparisonJson(comparison), null, 2)}\n`,
};

/**
 * Finds out before anything is done whether it is known what to write.
 *
 * @throws ChatstreamError `usage` for an unknown kind of file
 */
export function checkComparisonOutput(path: string): void {
  if (formats[extname(path).toLowerCase()] !== undefined) return;
  throw new ChatstreamError('usage', `${path} has no ending that says what to write.`, {
    hint: `Let it end in one of ${Object.keys(formats).join(', ')}.`,
  });
}

/** Writes one file. @throws ChatstreamError `output_failed` */
export async function writeComparison(path: string, comparison: Comparison): Promise<void> {
  try {
    await writeFile(path, formats[extname(path).toLowerCase()]?.(comparison) ?? '');
  } catch (error) {
    throw new ChatstreamError('output_failed', `${path} could not be written: ${messageOf(error)}.`, {
      hint: 'Name a file in a folder that exists and may be written to.',
      cause: error,
    });
  }
}
