import { describe, expect, it } from 'vitest';
import { toMarkdown } from '../../../../../src/core/report/bench/formats/markdown.js';
import { benchResult } from '../../../../support/bench-result.js';
import { examples } from '../examples.js';
import { searchOf } from '../searches.js';
import { stage } from '../stages.js';

describe('the Markdown report', () => {
  it('looks like this', async () => {
    const { result, summaries } = examples.busy();
    await expect(toMarkdown(result, summaries)).toMatchFileSnapshot('./snapshots/busy.md');
  });

  it.each(Object.entries(examples))('has as many cells in each row as in the head: %s', (_, example) => {
    const { result, summaries } = example();
    const tables = toMarkdown(result, summaries)
      .split('\n\n')
      .filter((block) => block.startsWith('|'));
    expect(tables.length).toBeGreaterThan(0);
    for (const table of tables) {
      const counts = table.split('\n').map((line) => line.match(/(?<!\\)\|/g)?.length);
      expect(new Set(counts).size).toBe(1);
    }
  });

  it('has a delimiter row below the head of each table, also of a search and of stages', () => {
    const staged = benchResult({ settings: [{ rate: 4, beside: { stages: [stage(2, 0), stage(8, 10)] } }] });
    for (const { result, summaries } of [searchOf(), staged]) {
      const tables = toMarkdown(result, summaries)
        .split('\n\n')
        .filter((block) => block.startsWith('|'));
      expect(tables).toHaveLength(2);
      for (const table of tables) expect(table.split('\n')[1]).toMatch(/^\|(?: ---:? \|)+$/);
    }
  });

  it('does not let a server mention people', () => {
    const { result, summaries } = benchResult({
      settings: [{ errors: { bad: 1 }, examples: { bad: 'ask @team' } }],
      target: { model: '@model', server: '@server' },
      warnings: ['see @warning'],
    });
    expect(toMarkdown(result, summaries)).not.toMatch(/@\w/);
  });

  it('does not let a server write Markdown or HTML', () => {
    const { result, summaries } = benchResult({
      settings: [{ errors: { bad: 1 }, examples: { bad: '![x](http://evil) | <img src=x>' } }],
      target: { model: '<script>alert(1)</script>' },
    });
    const text = toMarkdown(result, summaries);
    expect(text).not.toMatch(/<(script|img)/);
    expect(text).toContain('\\!\\[x\\](http://evil) \\| &lt;img');
  });
});
