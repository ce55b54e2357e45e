import { Flags } from '@oclif/core';
import { ChatstreamError } from '../../core/base/errors.js';
import { allMetrics, type ComparedMetric } from '../../core/compare/compared-metric.js';
import type { HistoryEntry } from '../../core/history/entry-schema.js';
import { defaultHistoryFile, type History } from '../../core/history/history-file.js';
import type { Selection } from '../../core/history/series.js';
import { listed, plural } from '../../core/measurement/numbers.js';
import { listFlag } from '../flags/flags.js';

/** The flags that the commands of a history share. */
export const historyFlags = {
  file: Flags.string({
    summary: 'File of the history: one JSON object per line.',
    default: defaultHistoryFile,
    env: 'CHATSTREAM_HISTORY_FILE',
  }),
};

export const metricFlag = listFlag({
  summary: 'Figures, such as ttft.p95 or output_tokens_per_second. Repeatable.',
});

export const sinceFlag = Flags.string({
  summary: 'First commit to consider, such as the one of a change that was accepted.',
});

/** @throws ChatstreamError `usage` for a name that is not that of a figure */
export function parseMetrics(names: readonly string[]): readonly ComparedMetric[] {
  return names.map((name) => {
    const metric = allMetrics.find(({ id }) => id === name);
    if (metric !== undefined) return metric;
    throw new ChatstreamError('usage', `--metric ${name} does not name a figure.`, {
      hint: 'Write METRIC.PERCENTILE or a rate, for example ttft.p95 or output_tokens_per_second.',
    });
  });
}

/** @throws ChatstreamError `usage` for an empty history */
export function newestOf({ entries, skipped }: History, file: string): HistoryEntry {
  const newest = entries.at(-1);
  if (newest !== undefined) return newest;
  const [first] = skipped;
  if (first !== undefined) {
    const more = skipped.length === 1 ? '' : ` So ${skipped.length === 2 ? 'is' : 'are'} ${skipped.length - 1} more.`;
    throw new ChatstreamError('usage', `${file} has no entry that can be read. ${first}${more}`, {
      hint: 'Is it a history? --file names another; a new one begins with: chatstream history add result.json',
    });
  }
  throw new ChatstreamError('usage', `${file} has no entry.`, {
    hint: 'Add a result first: chatstream history add result.json',
  });
}

/** What a reader should know about a history, in sentences. */
export function historyNotes(
  { skipped }: History,
  { others, saturated, unsteady, lost }: Selection,
): readonly string[] {
  const notes = [...skipped];
  if (others.count > 0) {
    const fields = others.fields.length > 4 ? [...others.fields.slice(0, 3), 'more'] : others.fields;
    const [were, are] = others.count === 1 ? ['was', 'is'] : ['were', 'are'];
    const differ = fields.length === 1 ? 'differs' : 'differ';
    notes.push(
      `${plural(others.count, 'result')} ${were} measured in another way and ${are} left out: ${listed(fields)} ${differ}.`,
    );
  }
  if (saturated > 0) {
    notes.push(
      `In ${plural(saturated, 'result')} the load generator was saturated. The figures of those settings are left out.`,
    );
  }
  if (unsteady > 0) {
    notes.push(
      `In ${plural(unsteady, 'result')} the queue grew without end, or --abort-on ended trials. The figures of those settings are left out.`,
    );
  }
  if (lost > 0) {
    notes.push(
      `In ${plural(lost, 'result')} the server was lost before everything was measured. All figures are left out.`,
    );
  }
  return notes;
}
