/** The Universal Scalability Law has three parameters, so it fits any three points. */
const fewestSettings = 4;
const leastR2 = 0.9;

/** A fit of the law. */
export interface UslFit {
  /** In the unit of the throughput, above 0. */
  readonly lambda: number;
  /** 0 to 1. */
  readonly sigma: number;
  /** 0 or more. */
  readonly kappa: number;
  /** The coefficient of determination, 0.9 to 1. */
  readonly r2: number;
  /** The N at which the law has its maximum; null if throughput only grows. */
  readonly peak: number | null;
}

/** A throughput `x` (any unit, above 0) at a concurrency of `n` (1 or more). */
export interface ThroughputPoint {
  readonly n: number;
  readonly x: number;
}

/**
 * Fits the Universal Scalability Law (N. J. Gunther, 2007), X(N) = λN / (1 + σ(N − 1) + κN(N − 1)): λ is the throughput
 * at N = 1, σ the share of work that cannot run in parallel (0 to 1), κ the cost of coordination (0 or more).
 *
 * With a = 1/λ, b = σ/λ, c = κ/λ it is X(N) = N / (a + b(N − 1) + cN(N − 1)). Its least squares within the bounds are
 * those of the law itself or, if these lie outside, of one of its special cases; all are tried.
 *
 * @returns null with fewer than 4 different N, or if R² is below 0.9
 */
export function fitUsl(points: readonly ThroughputPoint[]): UslFit | null {
  if (new Set(points.map(({ n }) => n)).size < fewestSettings) return null;
  const fits = specialCases.flatMap(({ terms, parameters }) => {
    const fit = fitTerms(points, terms);
    const { a, b, c } = parameters(fit.coefficients);
    const isAllowed = a > 0 && b >= 0 && b <= a && c >= 0;
    return isAllowed ? [{ lambda: 1 / a, sigma: b / a, kappa: c / a, error: fit.error }] : [];
  });
  const [best] = fits.sort((one, other) => one.error - other.error);
  if (best === undefined) return null;
  const { lambda, sigma, kappa, error } = best;
  const mean = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const variance = points.reduce((sum, { x }) => sum + (x - mean) ** 2, 0);
  const r2 = variance === 0 ? 0 : 1 - error / variance;
  if (r2 < leastR2) return null;
  return { lambda, sigma, kappa, r2, peak: kappa > 1e-9 ? Math.sqrt((1 - sigma) / kappa) : null };
}

/** A function of N in the law's denominator. */
type Term = (n: number) => number;

const one: Term = () => 1;
const others: Term = (n) => n - 1;
const pairs: Term = (n) => n * (n - 1);
/** `one` and `others` with the same coefficient: σ = 1. */
const all: Term = (n) => n;

interface SpecialCase {
  readonly terms: readonly Term[];
  readonly parameters: (coefficients: readonly number[]) => {
    readonly a: number;
    readonly b: number;
    readonly c: number;
  };
}

const specialCases: readonly SpecialCase[] = [
  { terms: [one, others, pairs], parameters: ([a = 0, b = 0, c = 0]) => ({ a, b, c }) },
  { terms: [one, pairs], parameters: ([a = 0, c = 0]) => ({ a, b: 0, c }) },
  { terms: [one, others], parameters: ([a = 0, b = 0]) => ({ a, b, c: 0 }) },
  { terms: [one], parameters: ([a = 0]) => ({ a, b: 0, c: 0 }) },
  { terms: [all, pairs], parameters: ([a = 0, c = 0]) => ({ a, b: a, c }) },
  { terms: [all], parameters: ([a = 0]) => ({ a, b: a, c: 0 }) },
];

interface Fit {
  readonly coefficients: readonly number[];
  /** Sum of squared differences of the throughput. */
  readonly error: number;
}

/**
 * Least squares of X(N) = N / Σ coefficient × term(N), by Gauss and Newton: N/X is linear in the coefficients, so each step
 * is a linear problem. A step that increases the error is halved.
 */
function fitTerms(points: readonly ThroughputPoint[], terms: readonly Term[]): Fit {
  // Exact if the points lie on the law; otherwise a starting point, with weights that compensate for fitting N/X
  // instead of X.
  const start = linearStep(
    terms,
    points.map(({ n, x }) => ({ n, wanted: n / x, weight: x ** 2 / n })),
  );
  let fit: Fit = { coefficients: start, error: errorOf(points, terms, start) };
  for (let round = 0; round < 100; round += 1) {
    const { coefficients } = fit;
    const step = linearStep(
      terms,
      points.map(({ n, x }) => {
        const predicted = n / denominator(terms, coefficients, n);
        return { n, wanted: ((predicted - x) * n) / predicted ** 2, weight: predicted ** 2 / n };
      }),
    );
    const better = firstBetter(fit, step, (tried) => errorOf(points, terms, tried));
    if (better === null) break;
    fit = better;
  }
  return fit;
}

function firstBetter(
  { coefficients, error }: Fit,
  step: readonly number[],
  errorAt: (coefficients: readonly number[]) => number,
): Fit | null {
  for (let size = 1; size > 1e-6; size /= 2) {
    const tried = coefficients.map((value, index) => value + size * (step[index] ?? 0));
    const triedError = errorAt(tried);
    if (triedError < error) return { coefficients: tried, error: triedError };
  }
  return null;
}

/** The coefficients whose sum of terms comes closest to the wanted values, in weighted least squares. */
function linearStep(
  terms: readonly Term[],
  rows: readonly { readonly n: number; readonly wanted: number; readonly weight: number }[],
): number[] {
  const total = (value: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + row.weight ** 2 * value(row), 0);
  return solveLinear(
    terms.map((term) => terms.map((other) => total(({ n }) => term(n) * other(n)))),
    terms.map((term) => total(({ n, wanted }) => term(n) * wanted)),
  );
}

function denominator(terms: readonly Term[], coefficients: readonly number[], n: number): number {
  return terms.reduce((sum, term, index) => sum + (coefficients[index] ?? 0) * term(n), 0);
}

function errorOf(points: readonly ThroughputPoint[], terms: readonly Term[], coefficients: readonly number[]): number {
  let error = 0;
  for (const { n, x } of points) {
    const below = denominator(terms, coefficients, n);
    if (!(below > 0)) return Infinity;
    error += (x - n / below) ** 2;
  }
  return error;
}

/**
 * The throughput that the Universal Scalability Law gives: X(N) = λN / (1 + σ(N − 1) + κN(N − 1)).
 *
 * @param n 1 or more
 * @returns in the unit of λ
 */
export function uslThroughput({ lambda, sigma, kappa }: UslFit, n: number): number {
  return (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1));
}

/**
 * Solves a small system of linear equations by Gaussian elimination with partial pivoting.
 *
 * @param matrix square, by rows
 * @returns the unknowns; some are NaN if the equations do not determine them
 */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  for (let column = 0; column < rows.length; column += 1) {
    const size = (row: readonly number[] | undefined): number => Math.abs(row?.[column] ?? 0);
    let pivotIndex = column;
    for (let index = column + 1; index < rows.length; index += 1) {
      if (size(rows[index]) > size(rows[pivotIndex])) pivotIndex = index;
    }
    const [pivot] = rows.splice(pivotIndex, 1);
    if (pivot === undefined) break;
    rows.splice(column, 0, pivot);
    for (const [index, row] of rows.entries()) {
      if (index === column) continue;
      const factor = (row[column] ?? 0) / (pivot[column] ?? 0);
      for (let at = column; at < row.length; at += 1) row[at] = (row[at] ?? 0) - factor * (pivot[at] ?? 0);
    }
  }
  return rows.map((row, index) => (row[rows.length] ?? 0) / (row[index] ?? 0));
}
