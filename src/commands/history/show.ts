import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { exitCodeOfVerdictAnd, exitCodes } from '../../cli/exit/exit-codes.js';
import { failuresOf } from '../../cli/exit/failures.js';
import { checkFilesApart, fromEnvironment, listFlag, valuesOf } from '../../cli/flags/flags.js';
import { compareOptions, gateFlags } from '../../cli/gate/gate-flags.js';
import { historyFlags, historyNotes, metricFlag, newestOf, parseMetrics, sinceFlag } from '../../cli/history/flags.js';
import { reportStyle } from '../../cli/terminal/terminal.js';
import { entryDoubts } from '../../core/history/entry-doubts.js';
import { readHistory } from '../../core/history/history-file.js';
import { comparableEntries } from '../../core/history/series.js';
import { headlineMetrics, trendsOf } from '../../core/history/trend.js';
import { trendJson } from '../../core/report/history/trend-files.js';
import { missingFigures, renderTrends } from '../../core/report/history/trend-text.js';
import { checkTrendOutput, writeTrends } from '../../core/report/write-report.js';

export default class HistoryShow extends BaseCommand {
  static override summary = 'Show how figures changed over time, and at which commits.';

  static override description = `Shows the last results with the same load, machine and model as the newest. A change of level is marked where it began, if chance would produce one as clear in at most 1 of 100 histories.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'A picture of the last 50 results',
      command: '<%= config.bin %> <%= command.id %> --metric ttft.p95,output_tokens_per_second --last 50 -o trend.svg',
    },
  ];

  static override flags = fromEnvironment({
    ...historyFlags,
    metric: metricFlag,
    last: Flags.integer({
      summary: 'How many results to show.',
      min: 1,
      default: 20,
      env: 'CHATSTREAM_HISTORY_SHOW_LAST',
    }),
    since: sinceFlag,
    allow: gateFlags.allow,
    output: listFlag({
      char: 'o',
      summary: 'File for the trends; its extension sets the format: .svg .md .csv .json. Repeatable.',
      env: 'CHATSTREAM_HISTORY_SHOW_OUTPUT',
    }),
  });

  async run(): Promise<object> {
    const { flags } = await this.parse(HistoryShow);
    const outputs = valuesOf(flags.output);
    for (const path of outputs) checkTrendOutput(path);
    checkFilesApart(outputs, [flags.file]);
    const { allowed } = compareOptions({ 'fail-on': undefined, allow: flags.allow, strict: false });
    const metrics = parseMetrics(valuesOf(flags.metric));

    const history = await readHistory(flags.file);
    const newest = newestOf(history, flags.file);
    const selection = comparableEntries(history.entries.slice(0, -1), newest, {
      allowed,
      last: Infinity,
      since: flags.since ?? null,
    });
    const shown = metrics.length > 0 ? metrics : headlineMetrics(newest.plan.loop);
    const trends = trendsOf(selection.entries, shown, flags.last);
    const notes = [
      ...historyNotes(history, selection),
      ...entryDoubts(newest).map((doubt) => `Newest result: ${doubt}`),
      ...missingFigures(trends, shown),
    ];
    this.log(renderTrends(trends, notes, reportStyle(process.stdout)));
    const failures = await failuresOf(outputs.map((path) => () => writeTrends(path, trends)));
    this.explainFailures(failures);
    process.exitCode = exitCodeOfVerdictAnd(failures, exitCodes.done);
    return { ...trendJson(trends), notes };
  }
}
