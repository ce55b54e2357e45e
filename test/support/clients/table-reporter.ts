import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import type { Language } from './catalogue.js';
import { clientsPage, clientTable, installedVersion, tableIn, type TriedProof, withTable } from './table.js';

/**
 * Compares a table in docs/clients.md with what the tests have shown, so that it claims nothing that no test tried. With
 * `--update` it writes the table.
 *
 * If some of the files with such tests did not run, or some of their tests were skipped, nothing is known about the table.
 */
export class ClientTableReporter implements Reporter {
  readonly #language: Language;
  readonly #files: readonly string[];
  #vitest: Vitest | undefined;

  /** @param tests the file with the tests of the table's clients, or the folder that has nothing but such files */
  constructor(language: Language, tests: URL) {
    this.#language = language;
    const path = fileURLToPath(tests);
    this.#files = path.endsWith('.ts') ? [path] : readdirSync(path).map((name) => `${path}/${name}`);
  }

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const relevant = modules.filter(({ moduleId }) => this.#files.includes(moduleId));
    const tests = relevant.flatMap((module) => [...module.children.allTests()]);
    if (relevant.length < this.#files.length || tests.some((test) => test.result().state === 'skipped')) return;
    const tried = tests.flatMap((test): TriedProof[] => {
      const hasPassed = test.result().state === 'passed';
      return (test.meta().clientProofs ?? []).map((proof) => ({ ...proof, hasPassed }));
    });
    this.#compare(clientTable(this.#language, tried, (name) => installedVersion(this.#language, name)));
  }

  #compare(table: string): void {
    const page = readFileSync(clientsPage, 'utf8');
    if (tableIn(page, this.#language) === table) return;
    if (this.#vitest?.config.snapshotOptions.updateSnapshot === 'all') {
      writeFileSync(clientsPage, withTable(page, this.#language, table));
      return;
    }
    process.exitCode = 1;
    this.#vitest?.logger.error(
      `docs/clients.md does not say what the tests with ${this.#language} clients have shown. It should have:\n\n${table}\n\n` +
        'The same run with --update writes it.',
    );
  }
}
