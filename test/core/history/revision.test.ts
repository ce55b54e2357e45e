import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentRevision } from '../../../src/core/history/revision.js';

const commit = '1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-revision-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the revision in CI', () => {
  it.each([
    [{ GITHUB_SHA: commit, GITHUB_HEAD_REF: '', GITHUB_REF_NAME: 'main' }, 'main'],
    [{ GITHUB_SHA: commit, GITHUB_HEAD_REF: 'fix', GITHUB_REF_NAME: '7/merge' }, 'fix'],
    [{ CI_COMMIT_SHA: commit, CI_COMMIT_REF_NAME: 'main' }, 'main'],
    [{ BUILDKITE_COMMIT: 'HEAD', GIT_COMMIT: commit, GIT_BRANCH: 'origin/main' }, 'origin/main'],
    [{ CODEBUILD_RESOLVED_SOURCE_VERSION: commit }, null],
  ])('comes from %j', async (environment, branch) => {
    expect(await currentRevision(environment, folder)).toEqual({ commit, branch, dirty: null });
  });
});

describe('the revision of a folder', () => {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).trim();

  it('is what git has checked out, with a mark for changes', async () => {
    git('init', '--quiet', '--initial-branch', 'trunk');
    writeFileSync(join(folder, 'a'), '1');
    git('add', 'a');
    git('commit', '--quiet', '-m', 'one');
    const head = git('rev-parse', 'HEAD');
    expect(await currentRevision({}, folder)).toEqual({ commit: head, branch: 'trunk', dirty: false });
    writeFileSync(join(folder, 'a'), '2');
    expect(await currentRevision({}, folder)).toMatchObject({ commit: head, dirty: true });
  });

  it('is not known outside of a repository', async () => {
    expect(await currentRevision({}, folder)).toEqual({ commit: null, branch: null, dirty: null });
  });
});
