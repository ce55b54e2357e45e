import type { ChatstreamError } from '../../core/base/errors.js';
import type { BenchReport } from '../../core/bench/bench.js';
import { renderReport } from '../../core/report/bench/formats/terminal.js';
import { comparisonJson } from '../../core/report/compare/json.js';
import type { ReportStyle } from '../../core/report/text/style.js';
import { writeResult } from '../../core/report/write-report.js';
import { exitCodeOfVerdictAnd, exitCodes } from '../exit/exit-codes.js';
import { failuresOf } from '../exit/failures.js';
import { valuesOf } from '../flags/flags.js';
import type { BenchFlags } from './flags/flags.js';
import type { BenchVerdict } from './gate.js';

/** What `bench` prints for people. */
export function benchText({ result, summaries }: BenchReport, verdict: BenchVerdict, style: ReportStyle): string {
  return [renderReport(result, summaries, style), verdict.text(style)].filter((text) => text !== '').join('\n\n');
}

/** What `bench` prints with --json. */
export function benchJson({ result }: BenchReport, { comparison }: BenchVerdict): object {
  return comparison === null ? result : { ...result, comparison: comparisonJson(comparison) };
}

/**
 * Writes the files and reports to GitHub. If one fails, the others are still tried.
 *
 * @param print writes a line for GitHub
 * @returns everything that went wrong, in the bench and here, in order
 */
export async function keepReport(
  flags: Pick<BenchFlags, 'output' | 'github'>,
  { result, summaries, failure, samplesFailure }: BenchReport,
  verdict: BenchVerdict,
  print: (line: string) => void,
): Promise<readonly ChatstreamError[]> {
  const earlier = [failure, samplesFailure, verdict.refusal].filter((error) => error !== null);
  const files = valuesOf(flags.output).map((path) => () => writeResult(path, result, summaries, verdict.comparison));
  const github = flags.github ? [() => verdict.tellGithub(print)] : [];
  return [...earlier, ...(await failuresOf([...files, ...github]))];
}

/**
 * The most important error comes first: an interruption, then a failure with the verdict, then that no request
 * succeeded.
 */
export function exitCodeOfBench(
  { summaries }: Pick<BenchReport, 'summaries'>,
  verdict: Pick<BenchVerdict, 'exitCode'>,
  failures: readonly ChatstreamError[],
  isInterrupted: boolean,
): number {
  if (isInterrupted) return exitCodes.interrupted;
  const exitCode = exitCodeOfVerdictAnd(failures, verdict.exitCode);
  if (exitCode !== exitCodes.done) return exitCode;
  const nothingWorked = summaries.every(({ requests }) => requests.completed === 0);
  return nothingWorked ? exitCodes.unexpectedFailure : exitCodes.done;
}
