import { describe, expect, it } from 'vitest';
import type { Column } from '../../../../src/core/report/bench/columns.js';
import { layOut } from '../../../../src/core/report/bench/figures-table.js';

function column(heading: string, sacrifice: number, group = ''): Column {
  return { group, heading, cells: ['12345'], sacrifice };
}

const columns = [column('n', 0), column('p50', 2, 'TTFT'), column('p95', 0, 'TTFT'), column('tail', 9), column('x', 1)];

function headings(room: number): readonly string[] {
  return layOut(columns, room).flatMap((group) => group.columns.map(({ heading }) => heading));
}

describe('the layout of a table', () => {
  it('gives up what is dispensable, then air, then one column after the other', () => {
    expect(headings(100)).toEqual(['n', 'p50', 'p95', 'tail', 'x']);
    expect(headings(37)).toEqual(['n', 'p50', 'p95', 'tail', 'x']);
    expect(headings(31)).toEqual(['n', 'p50', 'p95', 'x']);
    expect(headings(25)).toEqual(['n', 'p50', 'p95', 'x']);
    expect(headings(20)).toEqual(['n', 'p95', 'x']);
    expect(headings(1)).toEqual(['n', 'p95']);
  });

  it('puts neighbours with the same title under it', () => {
    expect(layOut(columns, 100).map(({ title, columns }) => [title, columns.length])).toEqual([
      ['', 1],
      ['TTFT', 2],
      ['', 1],
      ['', 1],
    ]);
  });

  it('makes room for a title that is longer than its columns', () => {
    const [group] = layOut([column('p50', 0, 'a title of some length')], 100);
    expect(group?.width).toBe('a title of some length'.length);
    expect(group?.columns[0]?.width).toBe(group?.width);
  });
});
