#!/usr/bin/env node
// This file stays within what Node.js 12 can parse, and imports nothing before the check, so that an old version can
// run the check.
const required = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > required[0] || (major === required[0] && minor >= required[1])) {
  import('../dist/cli/main.js').then(({ main }) => main());
} else {
  console.error(`chatstream needs Node.js ${required.join('.')} or later; this is ${process.version}.`);
  process.exitCode = 1;
}
