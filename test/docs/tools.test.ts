import { describe, expect, it } from 'vitest';
import { callSyntaxNames } from '../../src/core/engine/dialects/templates/dialect-of.js';
import { codeIn, readPage, rowsOf } from './markdown.js';

describe('docs/tools.md', () => {
  it('lists every family of calls', () => {
    const rows = rowsOf(readPage('docs/tools.md'), 'family');
    expect(rows.flatMap((row) => codeIn(row.get('name') ?? ''))).toEqual(callSyntaxNames);
  });
});
