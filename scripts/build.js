// Builds dist/ and schemas/: the program and the console beside each other, since neither needs what the other makes.
// If nothing has changed since the last build, which takes up to a minute, there is nothing to do: `npm ci && npm test` asks
// for it twice. Everything is made in a folder of its own and put in its place when it is complete: somebody may run the program, or
// build it as well, meanwhile.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTurn } from './in-turn.js';
import { replaceFolder } from './replace-folder.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = 'dist/.built-from';
const made = ['dist/cli/main.js', 'dist/console/index.html', 'oclif.manifest.json', 'schemas/bench-v1.json'];

// As it was before, since it may be changed meanwhile.
const source = fingerprint(
  root,
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
  // Within the project, from where the packages that the program imports are found, and renaming is possible.
  const cache = join(root, '.cache');
  mkdirSync(cache, { recursive: true });
  removeLeftovers(cache);
  const folder = mkdtempSync(join(cache, 'build-'));
  try {
    if (await build(folder)) publish(folder);
    else process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds into a folder that looks like the package. @returns whether that was possible */
async function build(folder) {
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  const place = relative(root, folder).replaceAll('\\', '/');
  const program = [
    `tsc -p tsconfig.build.json --outDir ${place}/dist`,
    `node scripts/write-manifest.js ${place}`,
    `node scripts/write-schema.js ${place}`,
  ];
  // Relative to the page.
  const page = [`npm run --silent build:console -- --outDir ../${place}/dist/console`];
  const ended = await Promise.all([inTurn(program), inTurn(page)]);
  return ended.every(Boolean);
}

function publish(folder) {
  writeFileSync(join(folder, stamp), source + output(folder));
  mkdirSync(join(root, 'schemas'), { recursive: true });
  for (const name of readdirSync(join(folder, 'schemas'))) {
    renameSync(join(folder, 'schemas', name), join(root, 'schemas', name));
  }
  renameSync(join(folder, 'oclif.manifest.json'), join(root, 'oclif.manifest.json'));
  replaceFolder(join(root, 'dist'), join(folder, 'dist'), folder);
}

/** Of builds that were killed. */
function removeLeftovers(cache) {
  const hourAgoMs = Date.now() - 3_600_000;
  for (const name of readdirSync(cache).filter((each) => each.startsWith('build-'))) {
    const { mtimeMs = Infinity } = statSync(join(cache, name), { throwIfNoEntry: false }) ?? {};
    if (mtimeMs < hourAgoMs) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function isBuilt() {
  if (![stamp, ...made].every((path) => existsSync(join(root, path)))) return false;
  return readFileSync(join(root, stamp), 'utf8') === source + output(root);
}

/** What a build makes: somebody may have changed it since. @param base the package, or a folder that looks like it */
function output(base) {
  return fingerprint(base, 'dist', 'schemas', 'oclif.manifest.json');
}

/** Of files, and of all files in folders. What is not there counts, too. */
function fingerprint(base, ...paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((each) => filesIn(base, each))) {
    hash.update(`${path}\n`);
    if (existsSync(join(base, path))) hash.update(readFileSync(join(base, path)));
  }
  return hash.digest('hex');
}

function filesIn(base, path) {
  const entries = /\.\w+$/.test(path) ? [] : readdirSync(join(base, path), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => file !== stamp);
  return entries.length === 0 ? [path] : files.sort();
}
