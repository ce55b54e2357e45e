import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageOf } from '../../src/core/base/errors.js';
import { expectSlowerCandidate, packPackage, processesIn, RecipeRun, serverCommand } from '../support/recipe.js';
import { startServer } from '../support/server-process.js';

const folder = mkdtempSync(join(tmpdir(), 'chatstream-recipe-'));
const project = join(folder, 'project');
const inProject = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Why the package could not be installed; null if it is. */
let problem: string | null = null;

/** Without llama.cpp, neither its binaries nor the attempt to compile it: the mock engine is enough here. */
const installArgs = ['install', '--omit=optional', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];

/** Installs the packed package from the registry as a user does. */
function install(archive: string): string | null {
  let last = '';
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      inProject('npm', ...installArgs, archive);
      return null;
    } catch (error) {
      last = messageOf(error);
    }
  }
  return last;
}

function commit(prefillMs: number): void {
  writeFileSync(join(project, 'prefill'), String(prefillMs));
  inProject('git', 'add', '--all');
  inProject('git', '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '-m', 'Change');
}

beforeAll(() => {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  writeFileSync(join(project, '.gitignore'), 'node_modules\nperformance\ntwo\n');
  // In the project, so that its checkouts have it as well.
  problem = install(packPackage(project));
  // Elsewhere the tests are skipped with the reason; in CI nothing is skipped.
  if (problem !== null && process.env['CI'] !== undefined) throw new Error(problem);
  inProject('git', 'init', '--quiet');
}, 400_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.runIf(process.platform === 'linux')('the CI recipe in a project with the package', () => {
  it('measures two revisions, each prepared and started in a checkout of its own', async (context) => {
    if (problem !== null) context.skip(`the package could not be installed: ${problem}`);
    commit(30);
    commit(90);
    const run = new RecipeRun(project, {
      BASELINE_REVISION: 'HEAD~1',
      CANDIDATE_REVISION: 'HEAD',
      COMMAND: serverCommand('$(cat prefill)'),
      // Not npm ci, which fails with mirrors that lack the packages of other platforms.
      BUILD: 'ln -s ../../node_modules .',
    });
    await expectSlowerCandidate(run, join(project, 'performance'));
    expect(processesIn(project)).toEqual([]);
    expect(inProject('git', 'worktree', 'list').trim().split('\n')).toHaveLength(1);
    expect(readdirSync(project).filter((name) => name.startsWith('tmp.'))).toEqual([]);
  });

  it('measures two servers that run already, and leaves them running', async (context) => {
    if (problem !== null) context.skip(`the package could not be installed: ${problem}`);
    const servers = await Promise.all(
      ['30ms', '90ms'].map((prefill) => startServer(['--engine', 'mock', '-n', '2', '--mock-prefill', prefill])),
    );
    const [baseline = '', candidate = ''] = servers.map(({ url }) => url);
    const run = new RecipeRun(project, { BASELINE_URL: baseline, CANDIDATE_URL: candidate, REPORT_DIR: 'two' });
    await expectSlowerCandidate(run, join(project, 'two'));
    for (const server of servers) expect(await server.stop()).toBe(0);
    expect(existsSync(join(project, 'two', 'baseline.log'))).toBe(false);
    expect(readFileSync(join(project, 'two', 'report.md'), 'utf8')).toContain(baseline);
  });
});
