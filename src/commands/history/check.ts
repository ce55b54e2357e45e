import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { exitCodeOfVerdictAnd } from '../../cli/exit/exit-codes.js';
import { exitLine } from '../../cli/exit/exit-line.js';
import { failuresOf } from '../../cli/exit/failures.js';
import { checkFilesApart, fromEnvironment, listFlag, valuesOf } from '../../cli/flags/flags.js';
import { compareOptions, exitCodeOfVerdict, gateFlags } from '../../cli/gate/gate-flags.js';
import { historyFlags, historyNotes, newestOf, sinceFlag } from '../../cli/history/flags.js';
import { reportStyle, wrappedFor } from '../../cli/terminal/terminal.js';
import { checkHistory } from '../../core/history/check.js';
import { entryOf, identityOf } from '../../core/history/entry.js';
import type { HistoryEntry } from '../../core/history/entry-schema.js';
import { type History, readHistory } from '../../core/history/history-file.js';
import { currentRevision } from '../../core/history/revision.js';
import { comparableEntries } from '../../core/history/series.js';
import { readResult } from '../../core/measurement/read-result.js';
import { checkJson } from '../../core/report/history/check-files.js';
import { renderCheck } from '../../core/report/history/check-text.js';
import { delayNotes } from '../../core/report/history/delay-notes.js';
import { checkHistoryOutput, writeHistoryCheck } from '../../core/report/write-report.js';

const { 'fail-on': failOn, strict, allow } = gateFlags;

export default class HistoryCheck extends BaseCommand {
  static override summary = 'Check the newest result against those before it, and fail if serving became slower.';

  static override description = `Compares with the last results of the same load, machine and model. It is a regression if the level of a figure changed at some commit, or the newest result alone is so far off that the whole 95 % interval is beyond what --fail-on allows. That takes 5 results before the newest.

With a RESULT, that result is checked as if it were the newest; it is not added to the history.

Exit codes: 10 regression, 11 inconclusive (with --strict), 2 for a history that cannot be read.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --fail-on "ttft.p95>10%" --fail-on "output_tokens_per_second<5%"',
    {
      description: 'Check a result of a pull request without adding it to the history',
      command: '<%= config.bin %> <%= command.id %> result.json --fail-on "ttft.p95>10%" -o comment.md',
    },
  ];

  static override args = {
    result: Args.file({ description: 'Result of bench to check instead of the newest in the history' }),
  };

  static override flags = fromEnvironment({
    ...historyFlags,
    'fail-on': failOn,
    strict,
    allow,
    last: Flags.integer({
      summary: 'How many results before the newest to compare with.',
      min: 5,
      max: 200,
      default: 20,
      env: 'CHATSTREAM_HISTORY_CHECK_LAST',
    }),
    since: sinceFlag,
    output: listFlag({
      char: 'o',
      summary: 'File for the check; its extension sets the format: .md .xml (JUnit) .json. Repeatable.',
      env: 'CHATSTREAM_HISTORY_CHECK_OUTPUT',
    }),
  });

  async run(): Promise<object> {
    const { args, flags } = await this.parse(HistoryCheck);
    const outputs = valuesOf(flags.output);
    for (const path of outputs) checkHistoryOutput(path);
    checkFilesApart(outputs, [flags.file, args.result]);
    const { thresholds, allowed } = compareOptions(flags);

    const history = await readHistory(flags.file);
    const newest = args.result === undefined ? newestOf(history, flags.file) : await this.#entryOf(args.result);
    const selection = comparableEntries(before(history, newest), newest, {
      allowed,
      last: flags.last,
      since: flags.since ?? null,
    });
    const check = checkHistory(selection.entries, thresholds);
    const notes = [...historyNotes(history, selection), ...delayNotes(check)];
    this.log(renderCheck(check, notes, reportStyle(process.stdout)));
    const failures = await failuresOf(outputs.map((path) => () => writeHistoryCheck(path, check)));
    this.explainFailures(failures);
    const exitCode = exitCodeOfVerdictAnd(failures, exitCodeOfVerdict(check.verdict, flags.strict));
    const meaning = exitLine(exitCode, check.verdict, { isStrict: flags.strict });
    if (meaning !== null) this.log(`\n${wrappedFor(process.stdout, meaning)}`);
    process.exitCode = exitCode;
    return { ...checkJson(check), notes };
  }

  async #entryOf(path: string): Promise<HistoryEntry> {
    const revision = await currentRevision(process.env, process.cwd());
    return entryOf(await readResult(path), { ...revision, note: null }, path);
  }
}

/** The entries that were measured earlier: a result that was added to the history first is not compared with itself. */
function before({ entries }: History, newest: HistoryEntry): readonly HistoryEntry[] {
  const [identity, time] = [identityOf(newest), Date.parse(newest.started_at)];
  return entries.filter((entry) => Date.parse(entry.started_at) <= time && identityOf(entry) !== identity);
}
