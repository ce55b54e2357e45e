import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/command/base-command.js';
import { type CompareReport, reportOf, reportOfSeveral } from '../cli/compare/report.js';
import { refuseCopies, refuseSameFile } from '../cli/compare/same-file.js';
import { exitCodeOfVerdictAnd } from '../cli/exit/exit-codes.js';
import { exitLine } from '../cli/exit/exit-line.js';
import { failuresOf } from '../cli/exit/failures.js';
import { checkFilesApart, fromEnvironment, listFlag, valuesOf } from '../cli/flags/flags.js';
import { compareOptions, exitCodeOfVerdict, gateFlags } from '../cli/gate/gate-flags.js';
import { reportStyle, wrappedFor } from '../cli/terminal/terminal.js';
import { ChatstreamError } from '../core/base/errors.js';
import { interleavedSides, separateSides } from '../core/compare/side.js';
import { compare, type CompareOptions } from '../core/compare/verdicts/compare.js';
import { compareSeveral } from '../core/compare/verdicts/compare-several.js';
import { readResult } from '../core/measurement/read-result.js';
import { checkComparisonOutput } from '../core/report/write-report.js';

export default class Compare extends BaseCommand {
  static override usage = '<%= command.id %> BASELINE [CANDIDATE...] [FLAGS]';

  static override summary = 'Compare results of bench, and fail if serving became slower.';

  static override description = `Every figure is shown as a ratio of candidate to baseline, with its 95 % confidence interval from a bootstrap over the trials. It is a regression only if the whole interval is beyond what --fail-on allows, so noise alone does not fail a job. That takes 5 trials on each side (bench --trials 5), or a measurement that added trials until it could decide (bench --trials 3..20).

Results of different loads, models or machines are refused unless --allow accepts the difference. The most reliable comparison is a single result of bench --versus, which measures both servers alternately: give only that file.

Exit codes: 10 regression, 11 inconclusive (with --strict), 2 for files that cannot be compared.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> before.json after.json',
    {
      description: 'Compare several results with the first',
      command: '<%= config.bin %> <%= command.id %> f16.json q8.json q4.json',
    },
    {
      description: 'Fail a CI job on a regression',
      command:
        '<%= config.bin %> <%= command.id %> before.json after.json --fail-on "ttft.p95>10%" --fail-on "output_tokens_per_second<5%"',
    },
    {
      description: 'Turn one result of bench --versus into a comment for a pull request',
      command: '<%= config.bin %> <%= command.id %> result.json --fail-on "e2e.p95>10%" -o comment.md',
    },
  ];

  static override args = {
    baseline: Args.file({ description: 'Result of bench (-o result.json) to compare with', required: true }),
    candidate: Args.file({
      description: 'Result to judge; not needed if the first is of bench --versus. Several are compared side by side.',
    }),
  };

  // More candidates may follow.
  static override strict = false;

  static override flags = fromEnvironment({
    ...gateFlags,
    output: listFlag({
      char: 'o',
      summary: 'File for the comparison; its extension sets the format: .md .html .xml (JUnit) .json. Repeatable.',
      // In `bench`, the variable names a file for a result, and sharing the name would overwrite one with the other.
      env: 'CHATSTREAM_COMPARE_OUTPUT',
    }),
  });

  async run(): Promise<object> {
    const { args, argv, flags } = await this.parse(Compare);
    const outputs = valuesOf(flags.output);
    for (const path of outputs) checkComparisonOutput(path);
    const files = argv.map(String);
    checkFilesApart(outputs, files);
    const report = await this.#report(args.baseline, files.slice(1), compareOptions(flags));

    this.log(report.text(reportStyle(process.stdout)));
    const annotate = (line: string): void => {
      this.logAside(line);
    };
    const github = flags.github ? [() => report.tellGithub(annotate)] : [];
    const failures = await failuresOf([...outputs.map((path) => () => report.write(path)), ...github]);
    // Not with logToStderr, which prints nothing with --json.
    this.explainFailures(failures);
    const exitCode = exitCodeOfVerdictAnd(failures, exitCodeOfVerdict(report.verdict, flags.strict));
    const meaning = exitLine(exitCode, report.verdict, { isStrict: flags.strict });
    if (meaning !== null) this.log(`\n${wrappedFor(process.stdout, meaning)}`);
    process.exitCode = exitCode;
    return report.json;
  }

  async #report(name: string, candidates: readonly string[], options: CompareOptions): Promise<CompareReport> {
    const baseline = { name, result: await readResult(name) };
    const named = await Promise.all(candidates.map(async (path) => ({ name: path, result: await readResult(path) })));
    await refuseSameFile([name, ...candidates]);
    refuseCopies([baseline, ...named]);
    const [only] = named;
    if (named.length > 1) return reportOfSeveral(compareSeveral(baseline, named, options));
    if (only !== undefined) return reportOf(compare(separateSides(baseline, only), options));
    const sides = interleavedSides(name, baseline.result);
    if (sides !== null) return reportOf(compare(sides, options));
    throw new ChatstreamError('usage', `${name} has only one server in it, and no second result was given.`, {
      hint: 'Give two results, the baseline first, or one of bench --versus.',
    });
  }
}
