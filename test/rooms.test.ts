import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import cliRooms from '../scripts/cli-rooms.json' with { type: 'json' };
import coreRooms from '../scripts/rooms.json' with { type: 'json' };

const root = fileURLToPath(new URL('../', import.meta.url));
const contributing = readFileSync(`${root}CONTRIBUTING.md`, 'utf8');

const houses: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  core: coreRooms,
  cli: cliRooms,
};

/** Every folder of a house that has files of its own, such as `bench/plan`. */
function folders(house: string): string[] {
  const files = readdirSync(`${root}src/${house}`, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const names = new Set(files.map((path) => dirname(path).replaceAll('\\', '/')));
  names.delete('.');
  return [...names].sort();
}

/** The folders of the picture in CONTRIBUTING.md, nested by their indentation, and what is said of each. */
function pictured(house: string): Map<string, string> {
  const picture = /```text\n(bin\/[^`]*)```/.exec(contributing)?.[1] ?? '';
  const below = picture.split(new RegExp(`^src/${house}/.*\n`, 'm'))[1] ?? '';
  const found = new Map<string, string>();
  let path: string[] = [];
  for (const line of below.split('\n')) {
    if (/^\S/.test(line)) break;
    const [, indent = '', name, text = ''] = /^((?: {2})+)([\w-]+)\/\s+(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    path = [...path.slice(0, indent.length / 2 - 1), name];
    found.set(path.join('/'), text);
  }
  return found;
}

describe.each(Object.entries(houses))('the rooms of src/%s', (house, rooms) => {
  it('are the folders that exist', () => {
    expect(Object.keys(rooms).sort()).toEqual(folders(house));
  });

  it('import only rooms that stand above them in the list', () => {
    const names = Object.keys(rooms);
    const downwards = Object.entries(rooms).flatMap(([room, allowed]) =>
      allowed.filter((each) => names.indexOf(each) >= names.indexOf(room) || !names.includes(each)),
    );
    expect(downwards).toEqual([]);
  });

  it('are drawn in CONTRIBUTING.md, a line each', () => {
    const picture = pictured(house);
    expect([...picture.keys()].sort()).toEqual(folders(house));
    expect([...picture].filter(([, text]) => text === '')).toEqual([]);
  });
});
