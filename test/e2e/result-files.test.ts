import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resultOf } from '../core/compare/sides.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-result-files-'));
const at = (name: string): string => join(folder, name);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/**
 * Runs the binary with a limit on the size of files, which acts like a disk that becomes full within a file: the first part
 * of it is written. Without the trap, the system would end the process.
 */
function runWithFilesUpTo(kibibytes: number, args: readonly string[]): { status: number | null; stderr: string } {
  const script = `trap '' XFSZ; ulimit -f ${kibibytes}; exec "$0" bin/run.js "$@"`;
  return spawnSync('bash', ['-c', script, process.execPath, ...args], { encoding: 'utf8', timeout: 60_000 });
}

describe.skipIf(process.platform === 'win32')('a result file for which there is no space', () => {
  writeFileSync(at('base.json'), JSON.stringify(resultOf(1)));
  writeFileSync(at('slower.json'), JSON.stringify(resultOf(1.3, {}, {}, 2)));
  const compare = ['compare', at('base.json'), at('slower.json'), '--fail-on', 'ttft.p95>10%'];

  it('leaves the older one whole, and hides neither the regression nor its annotation', () => {
    writeFileSync(at('comparison.json'), 'the older comparison');
    const files = readdirSync(folder);
    const { status, stderr } = runWithFilesUpTo(1, [...compare, '-o', at('comparison.json'), '--github', '--json']);
    expect(stderr).toMatch(/comparison\.json could not be written: the file would be larger than it may be/);
    expect(stderr).toMatch(/^::error title=Performance regression/m);
    expect(status).toBe(10);
    expect(readFileSync(at('comparison.json'), 'utf8')).toBe('the older comparison');
    expect(readdirSync(folder)).toEqual(files);
  });

  it('is not there at all if there was none', () => {
    writeFileSync(at('same.json'), JSON.stringify(resultOf(1, {}, {}, 2)));
    const files = readdirSync(folder);
    expect(runWithFilesUpTo(1, ['compare', at('base.json'), at('same.json'), '-o', at('new.json')]).status).toBe(1);
    expect(readdirSync(folder)).toEqual(files);
  });
});

describe.skipIf(process.platform === 'win32')('samples on a standard output that is a file', () => {
  it('come whole, and before the report', () => {
    const output = openSync(at('output.txt'), 'w');
    const mock = ['--engine', 'mock', '--mock-prefill', '1ms', '--mock-token', '1ms', '--output-tokens', '4'];
    const load = ['-c', '2', '-n', '2', '-r', '20', '--warmup', '50ms', '--samples', '/dev/stdout'];
    const { status } = spawnSync(process.execPath, ['bin/run.js', 'bench', ...mock, ...load], {
      stdio: ['ignore', output, 'ignore'],
      timeout: 60_000,
    });
    closeSync(output);
    expect(status).toBe(0);
    const lines = readFileSync(at('output.txt'), 'utf8').split('\n');
    const samples = lines.filter((line) => line.startsWith('{'));
    expect(samples.map((line) => (JSON.parse(line) as { run: number }).run)).toEqual(
      Array.from({ length: 20 }, () => 1),
    );
    expect(lines.slice(0, 20)).toEqual(samples);
    expect(lines.join('\n')).toContain('To repeat this:');
    expect(readdirSync(folder)).not.toContain('output.txt.incomplete');
  });
});
