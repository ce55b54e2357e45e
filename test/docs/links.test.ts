import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from './markdown.js';

function checkLinks(
  folder: string,
  ...files: readonly string[]
): { readonly code: number | null; readonly said: string } {
  const run = spawnSync(process.execPath, [join(root, 'scripts/check-links.js'), folder, ...files], {
    encoding: 'utf8',
  });
  return { code: run.status, said: run.stderr };
}

describe('the relative links', () => {
  it('of the documentation lead somewhere', async () => {
    const docs = (await readdir(join(root, 'docs'), { recursive: true }))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`);
    expect(docs.length).toBeGreaterThan(5);
    const others = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'models/README.md'];
    expect(checkLinks(root, ...others, ...docs)).toEqual({ code: 0, said: '' });
  });

  it('of the benchmarks lead somewhere', () => {
    const pages = ['bench', 'cluster', 'gate', 'scheduler', 'serve'].map((name) => `benchmarks/${name}/README.md`);
    expect(checkLinks(root, ...pages)).toEqual({ code: 0, said: '' });
  });
});

describe('the check of links', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chatstream-links-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function check(pages: Readonly<Record<string, string>>): Promise<ReturnType<typeof checkLinks>> {
    for (const [path, text] of Object.entries(pages)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    return checkLinks(folder);
  }

  it('accepts files, folders, headings, and links to the web', async () => {
    const readme =
      '# A\n[b](docs/b.md) [c](docs) [d](docs/b.md#the-queues-flag---slots) [e](#a) [f](https://example.com/#g)\n';
    expect(await check({ 'README.md': readme, 'docs/b.md': "## The queue's flag: `--slots`\n" })).toEqual({
      code: 0,
      said: '',
    });
  });

  it('finds files that do not exist', async () => {
    expect(await check({ 'a.md': '[b](b.md)\n' })).toEqual({ code: 1, said: 'a.md: b.md: there is no such file\n' });
  });

  it('finds headings that do not exist', async () => {
    expect(await check({ 'a.md': '# Here\n\n[b](#there)\n' })).toEqual({
      code: 1,
      said: 'a.md: #there: there is no such heading\n',
    });
  });

  it('finds links that leave the folder', async () => {
    expect(await check({ 'a.md': '[b](../b.md)\n' })).toEqual({
      code: 1,
      said: 'a.md: ../b.md: leads out of the folder\n',
    });
  });

  it('ignores code', async () => {
    const page = '`[a](b.md)`\n\n```md\n# Not a heading\n[c](d.md)\n```\n\n[e](#not-a-heading)\n';
    expect(await check({ 'a.md': page })).toEqual({
      code: 1,
      said: 'a.md: #not-a-heading: there is no such heading\n',
    });
  });

  it('fails if there is nothing to check', async () => {
    expect((await check({})).code).toBe(1);
  });
});
