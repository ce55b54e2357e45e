// Writes oclif.manifest.json, so that the command line need not import every command just to list them.
// Usage: node scripts/write-manifest.js FOLDER, with package.json and dist/ in it.
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Plugin } from '@oclif/core';

const root = resolve(process.argv[2] ?? '.');
const plugin = new Plugin({
  root,
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
