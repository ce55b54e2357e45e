import { type ComparedRow, isGated, type OverallVerdict } from './comparison.js';

const severity = { regression: 0, inconclusive: 1, pass: 2, improvement: 3 } as const;
const tendencies = { worse: 4, unclear: 5, better: 6 } as const;

/** Worst first: by verdict, then by how much worse it became. */
export function worstFirst(rows: readonly ComparedRow[]): readonly ComparedRow[] {
  return rows.toSorted((one, other) => rank(one) - rank(other) || worsening(other) - worsening(one));
}

/** The worst verdict of all rows with a threshold. */
export function overallVerdict(rows: readonly ComparedRow[]): OverallVerdict {
  const verdicts = rows.filter(isGated).map(({ judgement }) => judgement.outcome.verdict);
  if (verdicts.length === 0) return 'none';
  if (verdicts.includes('regression')) return 'regression';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'pass';
}

function rank({ judgement }: ComparedRow): number {
  return judgement.kind === 'gated' ? severity[judgement.outcome.verdict] : tendencies[judgement.tendency];
}

/** The logarithm of the ratio, positive for worse; what is not known comes first, so that it is seen. */
function worsening({ ratio, metric }: ComparedRow): number {
  if (ratio === null) return Number.MAX_VALUE;
  const log = Math.max(-Number.MAX_VALUE, Math.log(ratio));
  return metric.kind === 'latency' ? log : -log;
}
