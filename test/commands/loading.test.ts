import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/', import.meta.url));
const main = 'cli/main.ts';

const commands = readdirSync(join(source, 'commands'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `commands/${name}`);

/** Those that are compiled to an import, which types alone are not. */
const imports = /^(?:import|export)\s(?!type\s)(?:[^;'"]*?\sfrom\s)?'([^']+)';$/gm;

/** What is loaded before a command does anything: its files, from the folder `src`, and packages by their names. */
function loadedBy(...entries: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const next = [...entries];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (!file.endsWith('.ts')) continue;
    const path = join(source, file);
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(imports)) {
      if (name.startsWith('.')) next.push(relative(source, resolve(dirname(path), name)).replace(/\.js$/, '.ts'));
      else if (!name.startsWith('node:')) next.push(/^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    }
  }
  return [...found].sort();
}

function packagesOf(loaded: readonly string[]): readonly string[] {
  return loaded.filter((name) => !name.endsWith('.ts'));
}

/** Those that first of all read a file which has to be checked, and print a table. */
const readers = /^commands\/(?:compare|cluster\/|config\/|history\/|keys\/|models\/)/;

/** What only one command shows, and what only a server that was asked for it does. */
const special = [
  {
    rooms: ['cli/top/', 'core/watch/', 'core/report/watch/'],
    usedBy: ['commands/top.ts', 'commands/feedback/export.ts'],
  },
  { rooms: ['cli/chat/', 'core/chat/', 'core/report/markdown/'], usedBy: ['commands/chat.ts'] },
  { rooms: ['core/telemetry/trace-'], usedBy: [] },
  { rooms: ['core/server/console/load-tests', 'core/server/console/queue-', 'core/server/routes/'], usedBy: [] },
] as const;

describe('a command, before it does anything,', () => {
  it.each(commands)('loads none of the large packages: %s', (command) => {
    const text = ['fastest-levenshtein', 'string-width', 'wrap-ansi', 'yaml'];
    const small = ['@oclif/core', 'hdr-histogram-js', 'is-wsl', 'pino', ...text];
    const needed = readers.test(command) ? ['typebox', 'cli-table3'] : [];
    const large = packagesOf(loadedBy(main, command)).filter((name) => ![...small, ...needed].includes(name));
    expect(large).toEqual([]);
  });

  it.each(special)('loads $rooms only if it is one of $usedBy', ({ rooms, usedBy }) => {
    const users = commands.filter((command) =>
      loadedBy(main, command).some((file) => rooms.some((room) => file.startsWith(room))),
    );
    expect(users.filter((command) => !(usedBy as readonly string[]).includes(command))).toEqual([]);
  });
});

it('follows imports, but not those of types or those that come later', () => {
  const loaded = loadedBy(main, 'commands/serve.ts');
  expect(loaded).toEqual(
    expect.arrayContaining(['cli/command/base-command.ts', 'cli/serve/flags/flags.ts', '@oclif/core']),
  );
  expect(loaded).not.toContain('core/serve/serve.ts');
  expect(loadedBy('core/serve/serve.ts')).toContain('fastify');
});
