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
