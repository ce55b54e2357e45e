import { describe, expect, it } from 'vitest';
import type { Column } from '../../../../src/core/report/bench/columns.js';
import { groupedTable, neighboursOf } from '../../../../src/core/report/bench/figures-table.js';

function column(heading: string, sacrifice: number, group = ''): Column {
  return { group, heading, cells: ['12345'], sacrifice };
}

const columns = [column('n', 0), column('p50', 2, 'TTFT'), column('p95', 0, 'TTFT'), column('tail', 9), column('x', 1)];

function table(of: readonly Column[], width: number, marked = false): readonly string[] {
  return groupedTable(of, [marked], { colour: false, width }).lines;
}

const dropped = (width: number): readonly string[] =>
  groupedTable(columns, [false], { colour: false, width }).dropped.map(({ heading }) => heading);

function headings(width: number): readonly string[] {
  return table(columns, width)[1]?.trim().split(/\s+/) ?? [];
}

describe('the main table', () => {
  it('gives up what is dispensable, then space, then one column after the other', () => {
    expect(headings(102)).toEqual(['n', 'p50', 'p95', 'tail', 'x']);
    expect(headings(39)).toEqual(['n', 'p50', 'p95', 'tail', 'x']);
    expect(headings(33)).toEqual(['n', 'p50', 'p95', 'x']);
    expect(headings(27)).toEqual(['n', 'p50', 'p95', 'x']);
    expect(headings(22)).toEqual(['n', 'p95', 'x']);
    expect(headings(3)).toEqual(['n', 'p95']);
  });

  it('says which columns it gave up', () => {
    expect(dropped(102)).toEqual([]);
    expect(dropped(33)).toEqual(['tail']);
    expect(dropped(22)).toEqual(['p50', 'tail']);
  });

  it('puts neighbours with the same title under it', () => {
    expect(neighboursOf(columns).map((group) => [group[0]?.group, group.length])).toEqual([
      ['', 1],
      ['TTFT', 2],
      ['', 1],
      ['', 1],
    ]);
    expect(table(columns, 100, true)).toEqual([
      '              TTFT',
      '      n     p50    p95    tail       x',
      '  ─────   ────────────   ─────   ─────',
      '▸ 12345   12345  12345   12345   12345',
    ]);
  });

  it('makes room for a title that is longer than its columns', () => {
    expect(table([column('p50', 0, 'a title of some length')], 100)).toEqual([
      '  a title of some length',
      '                     p50',
      '  ──────────────────────',
      '                   12345',
    ]);
  });

  it('lines up full-width characters and emoji', () => {
    const names = ['日本語モデル', '🫠', 'か\u3099', 'x'];
    const wide = [
      { ...column('名前', 0), cells: names },
      { ...column('p50', 0), cells: names.map(() => '1') },
    ];
    const lines = groupedTable(
      wide,
      names.map(() => false),
      { colour: true, width: 100 },
    ).lines;
    expect(lines.slice(3)).toEqual([
      '  日本語モデル     1',
      '            🫠     1',
      '            か\u3099     1',
      '             x     1',
    ]);
  });
});
