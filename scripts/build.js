// Builds dist/ and schemas/: the program and the console beside each other, since neither needs what the other makes.
// If nothing has changed since the last build, which takes up to a minute, there is nothing to do: `npm ci && npm test` asks
// for it twice.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTurn } from './in-turn.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built-from');
const made = ['dist/cli/main.js', 'dist/console/index.html', 'oclif.manifest.json', 'schemas/bench-v1.json'];

// As it was before, since it may be changed meanwhile.
const source = fingerprint(
  'src',
  'console',
  'scripts',
  'package.json',
  'package-lock.json',
  // What is installed, which may be older than the other one.
  'node_modules/.package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'vite.console.config.ts',
);
if (!isBuilt()) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const program = ['tsc -p tsconfig.build.json', 'node scripts/write-manifest.js', 'node scripts/write-schema.js'];
  const page = ['npm run --silent build:console'];
  const ended = await Promise.all([inTurn(program), inTurn(page)]);
  if (ended.every(Boolean)) writeFileSync(stamp, source + output());
  else process.exitCode = 1;
}

function isBuilt() {
  if (![stamp, ...made.map((path) => join(root, path))].every((path) => existsSync(path))) return false;
  return readFileSync(stamp, 'utf8') === source + output();
}

/** What a build makes: somebody may have changed it since. */
function output() {
  return fingerprint('dist', 'schemas', 'oclif.manifest.json');
}

/** Of files, and of all files in folders. What is not there counts, too. */
function fingerprint(...paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesIn)) {
    hash.update(`${path}\n`);
    if (existsSync(join(root, path))) hash.update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

function filesIn(path) {
  const entries = /\.\w+$/.test(path) ? [] : readdirSync(join(root, path), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file !== stamp);
  return entries.length === 0 ? [path] : files.map((file) => file.slice(root.length)).sort();
}
