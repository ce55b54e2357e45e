import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { SessionRows, TraceFormat, TraceRow } from './trace.js';

/** A row as it is in the file. */
export interface RawRow {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly blocks: readonly number[] | null;
  readonly session: string | null;
}

/** A row, or what is wrong with it. */
type ParsedRow = RawRow | string;

const tokens = Type.Integer({ minimum: 0 });
const mooncake = Compile(
  Type.Object({
    timestamp: Type.Number({ minimum: 0 }),
    input_length: tokens,
    output_length: tokens,
    hash_ids: Type.Optional(Type.Array(Type.Integer())),
    session_id: Type.Optional(Type.Union([Type.String(), Type.Number()])),
  }),
);

/** The format that the first line shows; null if it is not a known one. */
export function formatOf(firstLine: string): TraceFormat | null {
  if (firstLine.trimStart().startsWith('{')) return 'mooncake';
  const names = cellsOf(firstLine).map((name) => name.toLowerCase());
  if (names.includes('contexttokens') && names.includes('generatedtokens')) return 'azure';
  return names.includes('request tokens') && names.includes('response tokens') ? 'burstgpt' : null;
}

/** A reader for the lines of a file. In CSV, the first line has names. */
export function rowReader(format: TraceFormat, firstLine: string): (line: string) => ParsedRow {
  switch (format) {
    case 'mooncake':
      return mooncakeRow;
    case 'azure': {
      const column = columnsOf(firstLine);
      const [time, input, output] = [column('timestamp'), column('contexttokens'), column('generatedtokens')];
      return (line) => {
        const cells = cellsOf(line);
        return rowOf(dateMs(cells[time] ?? ''), cells[input], cells[output], null);
      };
    }
    case 'burstgpt': {
      const column = columnsOf(firstLine);
      const [time, input, output] = [column('timestamp'), column('request tokens'), column('response tokens')];
      const session = column('session id');
      return (line) => {
        const cells = cellsOf(line);
        const seconds = cells[time] ?? '';
        const id = cells[session] ?? '';
        return rowOf(seconds === '' ? NaN : Number(seconds) * 1000, cells[input], cells[output], id === '' ? null : id);
      };
    }
  }
}

function mooncakeRow(line: string): ParsedRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'is not JSON';
  }
  if (!mooncake.Check(value)) return 'has no timestamp, input_length and output_length';
  const { timestamp, input_length: input, output_length: output, hash_ids: blocks = null, session_id: id } = value;
  const row = { atMs: timestamp, inputTokens: input, outputTokens: output, blocks };
  return withTokens({ ...row, session: id === undefined ? null : String(id) });
}

function rowOf(atMs: number, input: string | undefined, output: string | undefined, session: string | null): ParsedRow {
  const inputTokens = integerIn(input);
  const outputTokens = integerIn(output);
  if (!Number.isFinite(atMs) || inputTokens === null || outputTokens === null) return 'has no time or no tokens';
  return withTokens({ atMs, inputTokens, outputTokens, blocks: null, session });
}

/** Failed requests have no output tokens. */
function withTokens(row: RawRow): ParsedRow {
  return row.inputTokens === 0 || row.outputTokens === 0 ? 'has no prompt or no answer' : row;
}

function cellsOf(line: string): readonly string[] {
  return line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

function columnsOf(firstLine: string): (name: string) => number {
  const names = cellsOf(firstLine.replace(/^\uFEFF/, '')).map((name) => name.toLowerCase());
  return (name) => names.indexOf(name);
}

function integerIn(text: string | undefined): number | null {
  return text !== undefined && /^\d+(?:\.0+)?$/.test(text) ? Number(text) : null;
}

/** `2023-11-16 18:15:46.6805900`, with or without an offset, in milliseconds. */
function dateMs(text: string): number {
  const [, date, time, fraction = '', offset = 'Z'] =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/.exec(text) ?? [];
  if (date === undefined || time === undefined) return NaN;
  return Date.parse(`${date}T${time}${offset}`) + Number(`0${fraction}`) * 1000;
}

/** If an answer was cut, or counted with another tokenizer, the next prompt is somewhat shorter. */
const tolerance = 0.95;

/** With this many pairs of rows of one kind, the others are exceptions. */
const mostOf = 0.9;

/**
 * Whether rows of a session contain the whole conversation so far, judged by whether each has at least as much as came
 * before it. A row with blocks says itself what its whole prompt consists of, and nothing about the others.
 */
export function sessionRowsOf(rows: readonly RawRow[]): SessionRows {
  const last = new Map<string, RawRow>();
  let [pairs, growing, withBlocks] = [0, 0, 0];
  for (const row of rows) {
    if (row.session === null) continue;
    const before = last.get(row.session);
    last.set(row.session, row);
    if (before === undefined) continue;
    if (row.blocks !== null) {
      withBlocks += 1;
      continue;
    }
    pairs += 1;
    if (row.inputTokens >= tolerance * (before.inputTokens + before.outputTokens)) growing += 1;
  }
  if (pairs === 0) return withBlocks === 0 ? 'none' : 'cumulative';
  if (growing >= mostOf * pairs) return 'cumulative';
  return growing <= (1 - mostOf) * pairs ? 'deltas' : 'mixed';
}

/** Rows with their times since the first one, and the tokens of their sessions before them. */
export function placedRows(rows: readonly RawRow[], sessionRows: SessionRows): readonly TraceRow[] {
  const begin = rows[0]?.atMs ?? 0;
  const numbers = new Map<string, number>();
  const said = new Map<string, number>();
  return rows.map(({ session, ...row }) => {
    const number = session === null ? null : (numbers.get(session) ?? numbers.size);
    let tokensBefore = 0;
    if (session !== null && number !== null) {
      numbers.set(session, number);
      if (sessionRows === 'deltas' && row.blocks === null) tokensBefore = said.get(session) ?? 0;
      said.set(session, tokensBefore + row.inputTokens + row.outputTokens);
    }
    return { ...row, atMs: row.atMs - begin, session: number, tokensBefore };
  });
}
