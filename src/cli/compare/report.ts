import type { Comparison, OverallVerdict } from '../../core/compare/comparison.js';
import type { SeveralComparisons } from '../../core/compare/verdicts/compare-several.js';
import { githubAnnotations } from '../../core/report/compare/github.js';
import { comparisonJson } from '../../core/report/compare/json.js';
import { comparisonMarkdown } from '../../core/report/compare/markdown.js';
import { renderSeveral, severalJson, severalMarkdown } from '../../core/report/compare/several-candidates.js';
import { renderComparison } from '../../core/report/compare/terminal.js';
import type { ReportStyle } from '../../core/report/text/style.js';
import { writeComparison, writeSeveral } from '../../core/report/write-report.js';
import { tellGithub } from '../gate/github.js';

/** Prints and writes the outcome of `compare`, for one candidate or several. */
export interface CompareReport {
  readonly verdict: OverallVerdict;
  /** What `--json` prints. */
  readonly json: object;
  text(style: ReportStyle): string;
  /** @throws ChatstreamError `output_failed` */
  write(path: string): Promise<void>;
  /**
   * @param print writes a line
   * @throws ChatstreamError `output_failed` if the summary cannot be written
   */
  tellGithub(print: (line: string) => void): Promise<void>;
}

export function reportOf(comparison: Comparison): CompareReport {
  return {
    verdict: comparison.verdict,
    json: comparisonJson(comparison),
    text: (style) => renderComparison(comparison, style),
    write: (path) => writeComparison(path, comparison),
    tellGithub: (print) => tellGithub(githubAnnotations(comparison), comparisonMarkdown(comparison), print),
  };
}

export function reportOfSeveral(several: SeveralComparisons): CompareReport {
  return {
    verdict: several.verdict,
    json: severalJson(several),
    text: (style) => renderSeveral(several, style),
    write: (path) => writeSeveral(path, several),
    tellGithub: (print) => tellGithub(githubAnnotations(...several.comparisons), severalMarkdown(several), print),
  };
}
