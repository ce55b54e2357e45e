import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ChatstreamError } from '../../base/errors.js';
import { namedReadProblem } from '../../base/files/file-errors.js';
import { whole } from '../../measurement/numbers.js';
import type { Trace } from './trace.js';
import type { RawRow } from './trace-rows.js';

/** With a larger share of bad rows, the file is not a trace of that format. */
const mostLeftOut = 0.5;

/**
 * Reads a trace: Mooncake's JSON Lines, or the CSV of Azure's LLM inference traces or BurstGPT. Rows without a prompt
 * or an answer are left out, such as those of failed requests.
 *
 * @param longestMs how much of it is wanted, from its first row, in milliseconds of the trace
 * @throws ChatstreamError `usage` if it is none of these, or has more bad rows than good ones
 */
export async function readTraceFile(path: string, longestMs = Infinity): Promise<Trace> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ChatstreamError('usage', namedReadProblem('trace', path, error), {
      hint: 'Give --trace the path of a JSONL or CSV file.',
      cause: error,
    });
  });
  // Loaded late: most benches replay no trace, and the code that checks its rows takes 0.15 s to load.
  const { formatOf, placedRows, rowReader, sessionRowsOf } = await import('./trace-rows.js');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const [first = ''] = lines;
  const format = formatOf(first);
  if (format === null) throw notATrace(path, 'its first line shows none of the formats that are known');
  const read = rowReader(format, first);
  const parsed = (format === 'mooncake' ? lines : lines.slice(1)).map((line) => read(line.trim()));
  const bad = parsed.filter((row) => typeof row === 'string');
  const rows = parsed
    .filter((row): row is RawRow => typeof row !== 'string')
    .sort((one, other) => one.atMs - other.atMs);
  if (rows.length === 0 || bad.length > mostLeftOut * parsed.length) {
    throw notATrace(path, bad[0] === undefined ? 'there are no rows in it' : `a row ${bad[0]}`);
  }
  const name = basename(path);
  const beginMs = rows[0]?.atMs ?? 0;
  const wanted = rows.filter(({ atMs }) => atMs - beginMs <= longestMs);
  // For the whole file, because the part that is replayed must not change what its rows mean.
  const sessionRows = sessionRowsOf(rows);
  return {
    name: `${name} (sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 12)})`,
    format,
    rows: placedRows(wanted, sessionRows),
    sessionRows,
    leftOut:
      bad[0] === undefined
        ? null
        : `${whole(bad.length)} of ${whole(parsed.length)} rows of ${name} ${bad.length === 1 ? `was left out: it ${bad[0]}` : `were left out; the first ${bad[0]}`}.`,
  };
}

function notATrace(path: string, reason: string): ChatstreamError {
  return new ChatstreamError('usage', `${path} is not a trace: ${reason}.`, {
    hint: 'Traces are JSON Lines with timestamp, input_length and output_length (Mooncake), or the CSV files of Azure or BurstGPT.',
  });
}
