import { open, readFile } from 'node:fs/promises';
import { ChatstreamError } from '../base/errors.js';
import { appendLine } from '../base/files/append-line.js';
import { fileReason, readHint, readProblem, writeHint } from '../base/files/file-errors.js';
import { member } from '../base/json.js';
import { wrongValue } from '../base/mistakes/wrong-value.js';
import { shippedValidator } from '../measurement/shipped-schema.js';
import { entrySchemaName, identityOf } from './entry.js';
import type { HistoryEntry } from './entry-schema.js';

/** Where a history is stored unless another file is named. */
export const defaultHistoryFile = 'chatstream-history.jsonl';

export interface History {
  /** In the order in which they were measured. A measurement that was added more than once occurs once. */
  readonly entries: readonly HistoryEntry[];
  /** A sentence for each line that could not be read and was left out. */
  readonly skipped: readonly string[];
}

/**
 * Reads a history: one JSON object per line. What cannot be read, such as a line that was cut off by a full disk, is left
 * out and named.
 *
 * @throws ChatstreamError `usage` if the file cannot be read, or is a result
 */
export async function readHistory(path: string): Promise<History> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', readProblem('history', path, error), {
      hint: readHint(error, 'A history begins with: chatstream history add result.json'),
      cause: error,
    });
  });
  if (isResult(text)) {
    throw new ChatstreamError('usage', `${path} is a result of bench, and not a history.`, {
      hint: `Add it to one with: chatstream history add ${path}. --file names the history.`,
    });
  }
  return parseHistory(text, path);
}

/** As {@link readHistory}, but a file that does not exist yet is an empty history. */
export async function readHistoryIfAny(path: string): Promise<History> {
  const exists = await open(path).then(
    (file) => file.close().then(() => true),
    (error: unknown) => member(error, 'code') !== 'ENOENT',
  );
  return exists ? readHistory(path) : { entries: [], skipped: [] };
}

/** Whether it is a result file, which is a single object, and not a line of a history. */
function isResult(text: string): boolean {
  if (!text.includes('"chatstream.bench/')) return false;
  try {
    return String(member(JSON.parse(text), 'schema')).startsWith('chatstream.bench/');
  } catch {
    return false;
  }
}

function parseHistory(text: string, name: string): History {
  const entries = new Map<string, HistoryEntry>();
  const skipped: string[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((line, index) => {
      if (line.trim() === '') return;
      const read = parseLine(line);
      if (typeof read === 'string') skipped.push(`Line ${index + 1} of ${name} ${read}, and is left out.`);
      else if (!entries.has(identityOf(read))) entries.set(identityOf(read), read);
    });
  return {
    // A file that was merged from two branches is not sorted.
    entries: [...entries.values()].sort((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at)),
    skipped,
  };
}

const lineValidator = shippedValidator<HistoryEntry>('history-v1.json');

/** The entry, or what is wrong with the line. */
function parseLine(line: string): HistoryEntry | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return line.trimEnd().endsWith('}') ? 'is not JSON' : 'is cut off';
  }
  const schema = member(value, 'schema');
  if (schema !== entrySchemaName) {
    return typeof schema === 'string' && /^chatstream\.history\/v\d+$/.test(schema)
      ? `has the format ${schema}, which this chatstream does not know`
      : 'is not an entry of a history';
  }
  const validator = lineValidator();
  if (!validator.Check(value)) return `is not a complete entry: ${wrongValue(validator.Errors(value)[1])}`;
  return Number.isNaN(Date.parse(value.started_at)) ? 'is not a complete entry: started_at must be a time' : value;
}

/**
 * Adds an entry at the end. Several processes may do so at once. Nothing that is there is changed; if the last line was cut
 * off, the entry begins a new line.
 *
 * @throws ChatstreamError `output_failed`; the file is as it was then
 */
export async function appendEntry(path: string, entry: HistoryEntry): Promise<void> {
  try {
    await appendLine(path, JSON.stringify(entry));
  } catch (error) {
    throw new ChatstreamError('output_failed', `${path} could not be written: ${fileReason(error)}.`, {
      hint: writeHint(error),
      cause: error,
    });
  }
}
