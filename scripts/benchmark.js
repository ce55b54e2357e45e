// Compiles the benchmarks and runs one of them: npm run benchmark serve/startup
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [name, ...args] = process.argv.slice(2);
const known = readdirSync(`${root}/benchmarks`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('support'))
  .map((path) => path.slice(0, -'.ts'.length));

if (name === undefined || !known.includes(name)) {
  console.error(`Which benchmark? One of:\n${known.map((path) => `  ${path}`).join('\n')}`);
  process.exitCode = 2;
} else {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  execFileSync('npx', ['tsc', '-p', 'tsconfig.benchmarks.json'], { cwd: root, stdio: 'inherit' });
  const child = spawn(process.execPath, [`.cache/benchmarks/benchmarks/${name}.js`, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  child.on('exit', (code) => (process.exitCode = code ?? 1));
}
