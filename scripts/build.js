// Builds dist/ and schemas/: the program and the console beside each other, since neither needs what the other makes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
const program = ['tsc -p tsconfig.build.json', 'node scripts/write-manifest.js', 'node scripts/write-schema.js'];
const page = ['npm run --silent build:console'];
const ended = await Promise.all([inTurn(program), inTurn(page)]);
process.exitCode = ended.every(Boolean) ? 0 : 1;

/** Runs commands until one fails. @returns whether none has */
async function inTurn(commands) {
  for (const command of commands) {
    // npm puts the programs of the packages into the path, for which a shell looks on every platform.
    const [code] = await once(spawn(command, { shell: true, stdio: 'inherit' }), 'exit');
    if (code !== 0) return false;
  }
  return true;
}
