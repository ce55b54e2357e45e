import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The state of the source code that was measured; null where unknown. */
export interface Revision {
  readonly commit: string | null;
  readonly branch: string | null;
  /** Whether there were uncommitted changes. */
  readonly dirty: boolean | null;
}

/**
 * Where CI services put the commit and the branch. On GitHub, the branch of a pull request has a variable of its own, and
 * is empty otherwise; Forgejo and Gitea use GitHub's names, Woodpecker GitLab's.
 */
const services: readonly (readonly [commit: string, ...branches: string[]])[] = [
  ['GITHUB_SHA', 'GITHUB_HEAD_REF', 'GITHUB_REF_NAME'],
  ['CI_COMMIT_SHA', 'CI_COMMIT_REF_NAME', 'CI_COMMIT_BRANCH'],
  ['BUILDKITE_COMMIT', 'BUILDKITE_BRANCH'],
  ['CIRCLE_SHA1', 'CIRCLE_BRANCH'],
  ['BUILD_SOURCEVERSION', 'BUILD_SOURCEBRANCHNAME'],
  ['BITBUCKET_COMMIT', 'BITBUCKET_BRANCH'],
  ['DRONE_COMMIT_SHA', 'DRONE_BRANCH'],
  ['TRAVIS_COMMIT', 'TRAVIS_BRANCH'],
  ['SEMAPHORE_GIT_SHA', 'SEMAPHORE_GIT_BRANCH'],
  ['CODEBUILD_RESOLVED_SOURCE_VERSION'],
  // Last, because Jenkins's names are not its own.
  ['GIT_COMMIT', 'GIT_BRANCH'],
];

/** The revision that a CI service is working on, or otherwise the one that is checked out in a folder. */
export async function currentRevision(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<Revision> {
  return revisionOfService(environment) ?? (await checkedOut(folder));
}

function revisionOfService(environment: Readonly<Record<string, string | undefined>>): Revision | null {
  for (const [variable, ...branches] of services) {
    const commit = environment[variable] ?? '';
    // Some services say "HEAD" before they know.
    if (!/^[0-9a-f]{7,64}$/i.test(commit)) continue;
    const branch = branches.map((each) => environment[each] ?? '').find((name) => name !== '');
    return { commit, branch: branch ?? null, dirty: null };
  }
  return null;
}

async function checkedOut(folder: string): Promise<Revision> {
  const [commit, branch, changes] = await Promise.all([
    git(folder, 'rev-parse', '--verify', 'HEAD'),
    git(folder, 'symbolic-ref', '--short', '--quiet', 'HEAD'),
    git(folder, 'status', '--porcelain', '--untracked-files=no'),
  ]);
  if (commit === null) return { commit: null, branch: null, dirty: null };
  return { commit, branch, dirty: changes === null ? null : changes !== '' };
}

const run = promisify(execFile);

/** Git's output, without the line feed; null if it fails, is not installed, or the folder is not a repository. */
async function git(folder: string, ...args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await run('git', args, { cwd: folder, timeout: 10_000 });
    return stdout.trim();
  } catch {
    // A history without commits is still one.
    return null;
  }
}
