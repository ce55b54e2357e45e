import { describe, expect, it } from 'vitest';
import { painter } from '../../../../src/core/report/text/style.js';
import { borderlessTable, type TableColumn } from '../../../../src/core/report/text/table.js';

const paint = painter({ colour: true, width: 100 });
const two: readonly TableColumn[] = [
  { align: 'left', gap: 0 },
  { align: 'right', gap: 3 },
];

describe('a table without borders', () => {
  it('aligns its columns and says how wide they are', () => {
    expect(
      borderlessTable(
        [
          ['name', 'p50'],
          ['x', '12345'],
        ],
        two,
      ),
    ).toEqual({ lines: ['name     p50', 'x      12345'], width: 12, columnWidths: [4, 5] });
  });

  it('lines up full-width characters, emoji of any year, combining marks and colours', () => {
    const names = ['日本語モデル', '🚀', '🫠', '👩\u200D💻', 'か\u3099', 'e\u0301', paint('red', 'モデル'), 'plain'];
    const { lines, width } = borderlessTable(
      names.map((name) => [name, '1']),
      two,
    );
    expect(width).toBe(16);
    expect(lines).toEqual([
      '日本語モデル   1',
      '🚀             1',
      '🫠             1',
      '👩\u200D💻             1',
      'か\u3099             1',
      'e\u0301              1',
      `${paint('red', 'モデル')}         1`,
      'plain          1',
    ]);
  });

  it('makes room for a cell across several columns', () => {
    const title = { text: '長いタイトル', columns: 2, align: 'center' } as const;
    expect(
      borderlessTable(
        [
          [title, 'z'],
          ['a', 'b', 'c'],
        ],
        [...two, { align: 'left', gap: 1 }],
      ).lines,
    ).toEqual(['長いタイトル z', 'a          b c']);
  });

  it('wraps what is wider than its column', () => {
    const columns: readonly TableColumn[] = [
      { align: 'left', gap: 0, width: 6 },
      { align: 'left', gap: 1, width: 3 },
    ];
    const below = { text: 'from elsewhere', columns: 2, align: 'left', indent: 2 } as const;
    expect(borderlessTable([['日本語モデル', 'x'], [below]], columns).lines).toEqual([
      '日本語 x',
      'モデル',
      '  from els',
      '  ewhere',
    ]);
  });
});
