import { execFileSync } from 'node:child_process';
import { markdownTable } from '../support/markdown.js';
import { ratios, spread } from '../support/statistics.js';

/** What the command line costs before it does anything: `chatstream --version` against a Node that does nothing. */
const pairs = 15;

function wallMs(args: readonly string[]): number {
  const start = performance.now();
  execFileSync(process.execPath, args, { stdio: 'ignore' });
  return performance.now() - start;
}

const version: number[] = [];
const nothing: number[] = [];
for (let pair = 0; pair <= pairs; pair += 1) {
  const ours = wallMs(['bin/run.js', '--version']);
  const bare = wallMs(['-e', '0']);
  if (pair === 0) continue; // the first pair warms the disk's cache
  version.push(ours);
  nothing.push(bare);
}

console.log(
  markdownTable(
    ['chatstream --version', 'node -e 0', 'ratio', 'aim'],
    [[`${spread(version, 0)} ms`, `${spread(nothing, 0)} ms`, spread(ratios(version, nothing)), 'at most 4']],
  ),
);
