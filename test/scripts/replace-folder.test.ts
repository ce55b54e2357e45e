import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Script {
  readonly replaceFolder: (path: string, made: string, aside: string) => void;
}

/** JavaScript without declarations. */
const script = join(import.meta.dirname, '../../scripts/replace-folder.js');
const { replaceFolder } = (await import(script)) as Script;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-replace-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function folderWith(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const file of ['a', 'b', 'c']) writeFileSync(join(path, file), text);
  return path;
}

function textsIn(path: string): readonly string[] {
  return readdirSync(path).map((file) => readFileSync(join(path, file), 'utf8'));
}

describe('a folder that takes the place of another', () => {
  it.each([true, false])('is there as a whole, and nothing else is left; if there was one before: %j', (isThere) => {
    const path = join(folder, 'dist');
    if (isThere) folderWith('dist', 'old');
    const made = folderWith('made', 'new');
    const aside = join(folder, 'aside');
    mkdirSync(aside);
    replaceFolder(path, made, aside);
    expect(textsIn(path)).toEqual(['new', 'new', 'new']);
    expect(readdirSync(folder).sort()).toEqual(['aside', 'dist']);
    expect(readdirSync(aside)).toEqual([]);
  });

  it('leaves the other where it was if it cannot be put there', () => {
    const path = folderWith('dist', 'old');
    const aside = join(folder, 'aside');
    mkdirSync(aside);
    expect(() => {
      replaceFolder(path, join(folder, 'none'), aside);
    }).toThrow('ENOENT');
    expect(textsIn(path)).toEqual(['old', 'old', 'old']);
    expect(readdirSync(aside)).toEqual([]);
  });

  it('is that of one of several processes that do so at once, none of which fails', async () => {
    const program = `
      import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      import { replaceFolder } from ${JSON.stringify(pathToFileURL(script).href)};
      const folder = ${JSON.stringify(folder)};
      const aside = mkdtempSync(join(folder, 'aside-'));
      for (let round = 0; round < 200; round += 1) {
        const made = join(aside, 'made');
        mkdirSync(made);
        for (const file of ['a', 'b', 'c']) writeFileSync(join(made, file), String(process.pid));
        replaceFolder(join(folder, 'dist'), made, aside);
      }`;
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'inherit', 'inherit'] }),
    );
    const ends = await Promise.all(children.map((child) => once(child, 'exit')));
    expect(ends.map(([code]) => code as unknown)).toEqual([0, 0, 0]);
    const texts = textsIn(join(folder, 'dist'));
    expect(texts).toHaveLength(3);
    expect(new Set(texts).size).toBe(1);
    expect(children.map(({ pid }) => String(pid))).toContain(texts[0]);
  });
});
