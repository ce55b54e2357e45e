type CsvValue = string | number | boolean | null;

/** A column of a CSV file: its name, with its unit, and its value in a row; null if it is not known. */
export type CsvColumn<Row> = readonly [name: string, value: (row: Row) => CsvValue];

/** A line with the names of the columns and one for each row, as RFC 4180 but with line feeds. Unknown values are empty. */
export function csvText<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, value]) => field(value(row))))];
  return lines.map((fields) => `${fields.join(',')}\n`).join('');
}

/** Quoted where it must be. */
function field(value: CsvValue): string {
  const text = typeof value === 'number' ? figure(value) : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Six decimals: more digits would only show the rounding of binary fractions. */
function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(6)));
}
