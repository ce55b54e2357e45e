import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { checkFilesApart, fromEnvironment, valuesOf } from '../../cli/flags/flags.js';
import { historyFlags, metricFlag, newestOf, parseMetrics } from '../../cli/history/flags.js';
import { ChatstreamError } from '../../core/base/errors.js';
import { fileReason, writeHint } from '../../core/base/files/file-errors.js';
import { replaceFile } from '../../core/base/files/replace-file.js';
import { defaultMetrics } from '../../core/compare/compared-metric.js';
import { entryOf } from '../../core/history/entry.js';
import { entryDoubts } from '../../core/history/entry-doubts.js';
import { readHistory } from '../../core/history/history-file.js';
import { readResult } from '../../core/measurement/read-result.js';
import { exportContent, type Exported, exportFormats } from '../../core/report/history/exports.js';

const nothingKnown = { commit: null, branch: null, dirty: null, note: null } as const;

export default class HistoryExport extends BaseCommand {
  static override summary = 'Write a result in the format of github-action-benchmark or Bencher.';

  static override description = `Without a RESULT, the newest of the history is written.

github-action-benchmark has one direction for a whole file. Give the same name as its "tool": customSmallerIsBetter writes the latencies, customBiggerIsBetter the rates. For Bencher, use its adapter "json".`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> result.json --format customSmallerIsBetter -o latencies.json',
    '<%= config.bin %> <%= command.id %> result.json --format bencher --metric ttft.p95,goodput -o bencher.json',
  ];

  static override args = {
    result: Args.file({ description: 'Result of bench (-o result.json); by default the newest in the history' }),
  };

  static override flags = fromEnvironment({
    ...historyFlags,
    format: Flags.option({
      summary: "github-action-benchmark's tool, or bencher.",
      options: exportFormats,
      required: true,
    })(),
    metric: metricFlag,
    output: Flags.string({
      char: 'o',
      summary: 'File to write; by default the text goes to stdout.',
      env: 'CHATSTREAM_HISTORY_EXPORT_OUTPUT',
    }),
  });

  async run(): Promise<object> {
    const { args, flags } = await this.parse(HistoryExport);
    const metrics = parseMetrics(valuesOf(flags.metric));
    const { entry, trials } = await this.#measured(args.result, flags.file);
    const content = exportContent(
      { entry, trials, metrics: metrics.length > 0 ? metrics : defaultMetrics(entry.plan.loop) },
      flags.format,
    );
    // The other program would not notice.
    for (const doubt of entryDoubts(entry)) process.stderr.write(`! ${args.result ?? 'Newest result'}: ${doubt}\n`);
    const text = JSON.stringify(content, null, 2);
    if (flags.output === undefined) this.log(text);
    else {
      checkFilesApart([flags.output], [args.result, flags.file]);
      await written(flags.output, `${text}\n`);
    }
    return content;
  }

  async #measured(path: string | undefined, file: string): Promise<Pick<Exported, 'entry' | 'trials'>> {
    if (path === undefined) return { entry: newestOf(await readHistory(file), file), trials: [] };
    const result = await readResult(path);
    const numbers = new Set(result.runs.map(({ trial }) => trial));
    return {
      entry: entryOf(result, nothingKnown, path),
      trials: [...numbers].map((number) =>
        entryOf({ ...result, runs: result.runs.filter(({ trial }) => trial === number) }, nothingKnown, path),
      ),
    };
  }
}

async function written(path: string, text: string): Promise<void> {
  await replaceFile(path, text).catch((error: unknown) => {
    throw new ChatstreamError('output_failed', `${path} could not be written: ${fileReason(error)}.`, {
      hint: writeHint(error),
      cause: error,
    });
  });
}
