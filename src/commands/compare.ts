import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { compareOptions, exitCodeOfVerdict, gateFlags } from '../cli/compare-flags.js';
import { tellGithub } from '../cli/compare-github.js';
import { fromEnvironment, valuesOf } from '../cli/flags.js';
import { hasColours } from '../cli/terminal.js';
import { ChatstreamError } from '../core/base/errors.js';
import { compare } from '../core/compare/compare.js';
import { comparisonJson } from '../core/report/compare/json.js';
import { renderComparison } from '../core/report/compare/terminal.js';
import { checkComparisonOutput, writeComparison } from '../core/report/write-report.js';
import { interleavedSides, separateSides, type Sides } from '../core/compare/side.js';
import { readResult } from '../core/measurement/read-result.js';

export default class Compare extends BaseCommand {
  static override summary = 'Hold two results of bench against each other, and fail if serving became slower.';

  static override description = `Every figure is shown as a ratio, candidate by baseline, with its 95 % confidence interval from a bootstrap over the trials. It is a regression only if the whole interval is beyond what --fail-on allows, so noise alone does not fail a job. That takes 5 trials on each side: bench --trials 5.

Results of different loads, models or machines are refused unless --allow says otherwise. Most reliable is a single result of bench --versus, which measures both servers in turns: give it alone.

Exit codes: 10 regression, 11 inconclusive (with --strict), 2 for files that cannot be compared.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> before.json after.json',
    {
      description: 'A gate for a CI job',
      command:
        '<%= config.bin %> <%= command.id %> before.json after.json --fail-on "ttft.p95>10%" --fail-on "output_tokens_per_second<5%"',
    },
    {
      description: 'One result of bench --versus, as a comment for a pull request',
      command: '<%= config.bin %> <%= command.id %> result.json --fail-on "e2e.p95>10%" -o comment.md',
    },
  ];

  static override args = {
    baseline: Args.file({ description: 'Result of bench (-o result.json) to compare with.', required: true }),
    candidate: Args.file({ description: 'Result in question. Without it, the first must be of bench --versus.' }),
  };

  static override flags = fromEnvironment({
    ...gateFlags,
    output: Flags.string({
      char: 'o',
      summary: 'File for the comparison; its extension says which kind: .md .xml (JUnit) .json. Repeatable.',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    }),
  });

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Compare);
    const outputs = valuesOf(flags.output);
    for (const path of outputs) checkComparisonOutput(path);
    const options = compareOptions(flags);
    const comparison = compare(await this.#sides(args.baseline, args.candidate), options);

    if (!this.jsonEnabled()) {
      const width = Math.min(100, process.stdout.isTTY ? process.stdout.columns : 100);
      this.log(renderComparison(comparison, { colour: hasColours(process.stdout), width }));
    }
    await writeComparison(outputs, comparison);
    if (flags.github) {
      await tellGithub(comparison, (line) => {
        if (this.jsonEnabled()) this.logToStderr(line);
        else this.log(line);
      });
    }
    process.exitCode = exitCodeOfVerdict(comparison.verdict, flags.strict);
    return comparisonJson(comparison);
  }

  async #sides(baseline: string, candidate: string | undefined): Promise<Sides> {
    const result = await readResult(baseline);
    if (candidate !== undefined) {
      return separateSides({ name: baseline, result }, { name: candidate, result: await readResult(candidate) });
    }
    const sides = interleavedSides(baseline, result);
    if (sides !== null) return sides;
    throw new ChatstreamError('usage', `${baseline} has only one server in it, and no second result was given.`, {
      hint: 'Give two results, baseline first, or one of bench --versus.',
    });
  }
}
