import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPage, root } from './markdown.js';

const files = ['src', 'test', 'scripts', 'bin', 'console/src'].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((path) => `/${folder}/${path}`),
);

const pages = [
  'docs/architecture.md',
  ...readdirSync(`${root}docs/architecture`).map((name) => `docs/architecture/${name}`),
  ...['CONTRIBUTING.md', 'benchmarks/gate/README.md', 'benchmarks/serve/README.md'],
];

describe.each(pages)('%s', (page) => {
  it('names only source files that exist', () => {
    const named = Array.from(readPage(page).matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.ts)`/g), ([, path = '']) => path);
    expect(named.filter((path) => !files.some((file) => file.endsWith(`/${path}`)))).toEqual([]);
  });
});
