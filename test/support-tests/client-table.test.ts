import { describe, expect, it } from 'vitest';
import { clientsOf, features } from '../support/clients/catalogue.js';
import { clientTable, provenFeatures, tableIn, withTable } from '../support/clients/table.js';

const passed = { client: 'openai: chat', feature: 'tools', hasPassed: true } as const;

describe('the features of a client', () => {
  it('are those whose tests have all passed', () => {
    const tried = [passed, { ...passed, feature: 'whole' as const }, { ...passed, feature: 'turns' as const }];
    const failed = { ...passed, feature: 'turns' as const, hasPassed: false };
    expect(provenFeatures([...tried, failed], 'openai: chat')).toEqual(['whole', 'tools']);
  });

  it('are not those of its other APIs, or those that no test tried', () => {
    expect(provenFeatures([passed], 'openai: responses')).toEqual([]);
    expect(provenFeatures([], 'openai: chat')).toEqual([]);
  });
});

describe('the table', () => {
  it('has a row for each client and API, with the versions', () => {
    const [head = '', rule = '', ...rows] = clientTable('JavaScript', [passed], (name) => `${name}!`).split('\n');
    expect(head).toContain(features.join(' | '));
    expect(rule.split('|')).toHaveLength(head.split('|').length);
    expect(rows).toHaveLength(clientsOf('JavaScript').length);
    expect(rows[0]).toBe('| openai | openai! | chat completions |  |  |  | ✓ |  |  |  |  |');
    expect(rows.slice(1).join('')).not.toContain('✓');
  });

  it('is replaced in its place', () => {
    const page = 'a\n<!-- clients: Python -->\n| old |\n<!-- end of Python -->\nb\n';
    const next = withTable(page, 'Python', '| $& |');
    expect(next).toBe('a\n<!-- clients: Python -->\n| $& |\n<!-- end of Python -->\nb\n');
    expect(tableIn(next, 'Python')).toBe('| $& |');
    expect(() => tableIn(page, 'JavaScript')).toThrow(/no place for the table of JavaScript/);
  });
});
