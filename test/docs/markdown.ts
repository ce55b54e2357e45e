import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export function readPage(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

/** A row of a table: its cells by the text of their column's header. */
export type Row = ReadonlyMap<string, string>;

/** The rows of all tables whose first column has this header. */
export function rowsOf(page: string, firstHeader: string): readonly Row[] {
  const tables = page.match(/(?:^\|.*\n)+/gm) ?? [];
  return tables.flatMap((table) => {
    const [header = [], , ...rows] = table.trimEnd().split('\n').map(cellsOf);
    if (header[0] !== firstHeader) return [];
    return rows.map((cells) => new Map(header.map((name, column) => [name, cells[column] ?? ''])));
  });
}

/** A `|` inside a cell is written `\|`. */
function cellsOf(line: string): readonly string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** The texts of all inline code. */
export function codeIn(text: string): readonly string[] {
  return Array.from(text.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code);
}

/** The lines of all code blocks, with lines that end in a backslash joined to the next. */
export function codeLinesOf(page: string): readonly string[] {
  const blocks = Array.from(page.matchAll(/^```[^\n]*\n([\s\S]*?)^```$/gm), ([, code = '']) => code);
  return blocks.flatMap((block) => block.replace(/\\\n\s*/g, '').split('\n'));
}

export function withoutCodeBlocks(page: string): string {
  return page.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, '');
}
