import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clientsOf, type Language } from '../support/clients/catalogue.js';
import { clientsPage, installedVersion, tableIn } from '../support/clients/table.js';

// That the marks are true is checked where the tests of the clients have run: test/support/clients/table-reporter.ts.
describe('docs/clients.md', () => {
  it.each<Language>(['JavaScript', 'Python'])('names the versions that are tried: %s', (language) => {
    const rows = tableIn(readFileSync(clientsPage, 'utf8'), language).split('\n').slice(2);
    const named = rows.map((row) => row.split('|').slice(1, 4).join('|').trim());
    const tried = clientsOf(language).map(({ packages, api }) => {
      const versions = packages.map((name) => installedVersion(language, name));
      return `${packages.join(' with ')} | ${versions.join(', ')} | ${api}`;
    });
    expect(named).toEqual(tried);
  });
});
