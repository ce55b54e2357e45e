import { readFileSync } from 'node:fs';
import { type ClientId, clientsOf, type Feature, features, type Language } from './catalogue.js';
import type { Proof } from './proofs.js';

/** A test that tried something with a client, and whether it passed. */
export interface TriedProof extends Proof {
  readonly hasPassed: boolean;
}

const root = new URL('../../../', import.meta.url);

export const clientsPage = new URL('docs/clients.md', root);

/** The features for which there is a test, and all tests passed. */
export function provenFeatures(tried: readonly TriedProof[], client: ClientId): readonly Feature[] {
  return features.filter((feature) => {
    const ofBoth = tried.filter((each) => each.client === client && each.feature === feature);
    return ofBoth.length > 0 && ofBoth.every(({ hasPassed }) => hasPassed);
  });
}

/** @returns the lines of the table, without the one that ends it */
export function clientTable(
  language: Language,
  tried: readonly TriedProof[],
  versionOf: (packageName: string) => string,
): string {
  const columns = ['client', 'version', 'API', ...features];
  const rows = clientsOf(language).map(({ id, packages, api }) => {
    const proven = provenFeatures(tried, id);
    const marks = features.map((feature) => (proven.includes(feature) ? '✓' : ''));
    return [packages.join(' with '), packages.map(versionOf).join(', '), api, ...marks];
  });
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The version that is installed, or that the list of Python packages has. */
export function installedVersion(language: Language, packageName: string): string {
  switch (language) {
    case 'JavaScript':
      return found(/"version": "([^"]+)"/, `node_modules/${packageName}/package.json`);
    case 'Python':
      return found(new RegExp(`^${packageName}==([^ ;\\n]+)`, 'm'), 'test/slow/python/requirements.txt');
  }
}

/**
 * The table that a page has between its marks.
 *
 * @throws Error if it has none
 */
export function tableIn(page: string, language: Language): string {
  const [begin, end] = marksOf(language);
  const [, after, ...others] = page.split(begin);
  const [table, rest] = after?.split(end) ?? [];
  if (table === undefined || rest === undefined || others.length > 0) {
    throw new Error(`There is no place for the table of ${language}: ${begin} … ${end}`);
  }
  return table.trim();
}

/** The page with another table. */
export function withTable(page: string, language: Language, table: string): string {
  const [begin, end] = marksOf(language);
  const old = tableIn(page, language);
  return page.replace(`${begin}\n${old}\n${end}`, () => `${begin}\n${table}\n${end}`);
}

function marksOf(language: Language): readonly [begin: string, end: string] {
  return [`<!-- clients: ${language} -->`, `<!-- end of ${language} -->`];
}

function found(pattern: RegExp, path: string): string {
  const version = pattern.exec(readFileSync(new URL(path, root), 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${path} has no version that matches ${String(pattern)}.`);
  return version;
}
