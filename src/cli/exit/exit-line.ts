import type { OverallVerdict } from '../../core/compare/comparison.js';
import { exitCodes } from './exit-codes.js';

interface ExitFacts {
  readonly isStrict: boolean;
  readonly objectives?: 'judged' | 'undecided' | null;
  readonly isExplained?: boolean;
}

/**
 * What the exit code of a gate means, as the last line of the output, so that readers of a job's log see why it passed
 * or failed.
 *
 * @param verdict of the comparison; null if there was none, or none was possible
 * @param objectives whether all objectives that are enforced could be judged; null if none are enforced
 * @param isExplained whether messages have said what failed; otherwise, nothing did, but nothing was answered either
 * @param code of a command that got as far as its report; wrong flags and files would have ended it before
 * @returns null if there was nothing to judge
 */
export function exitLine(
  code: number,
  verdict: OverallVerdict | null,
  { isStrict, objectives = null, isExplained = true }: ExitFacts,
): string | null {
  switch (code) {
    case exitCodes.done:
      if (verdict === 'inconclusive') {
        return 'Exit code 0: inconclusive, which does not fail the job; with --strict, it would be 11.';
      }
      if (objectives === 'undecided') {
        return 'Exit code 0: not all objectives could be judged, which does not fail the job; with --strict, it would be 11.';
      }
      if (verdict === null || verdict === 'none') {
        return objectives === null ? null : 'Exit code 0: no objective was missed.';
      }
      return 'Exit code 0: the gate passed.';
    case exitCodes.regression:
      return 'Exit code 10: regression.';
    case exitCodes.inconclusive:
      return isStrict ? 'Exit code 11: inconclusive, which fails the job because of --strict.' : null;
    case exitCodes.objectiveMissed:
      return 'Exit code 12: an objective was missed.';
    case exitCodes.unexpectedFailure:
      return isExplained
        ? 'Exit code 1: something failed; the messages above say what.'
        : 'Exit code 1: no request has been answered.';
    case exitCodes.wrongUsage:
      return 'Exit code 2: baseline and candidate cannot be compared; the message above says why.';
    case exitCodes.notAvailable:
      return 'Exit code 3: a server was lost or could not be reached.';
    case exitCodes.interrupted:
      return 'Exit code 130: interrupted.';
    default:
      return null;
  }
}
