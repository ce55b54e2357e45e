// Writes the JSON Schemas of results, comparisons and histories, from their definitions in the code.
// Usage: node scripts/write-schema.js FOLDER, with dist/ in it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = resolve(process.argv[2] ?? '.');
const { benchConfigSchema } = await built('cli/bench/flags/config.js');
const { benchFlags } = await built('cli/bench/flags/flags.js');
const { configSchema } = await built('core/config/config-schema.js');
const { entrySchema } = await built('core/history/entry-schema.js');
const { resultSchema } = await built('core/measurement/result-schema.js');
const { comparisonSchema } = await built('core/report/compare/comparison-schema.js');

await mkdir(join(root, 'schemas'), { recursive: true });
await write('bench-v1.json', resultSchema);
await write('bench-config-v1.json', benchConfigSchema(benchFlags));
await write('compare-v1.json', comparisonSchema);
await write('config-v1.json', configSchema);
await write('history-v1.json', entrySchema);

function built(path) {
  return import(pathToFileURL(join(root, 'dist', path)).href);
}

async function write(name, schema) {
  await writeFile(join(root, 'schemas', name), `${JSON.stringify(schema, null, 2)}\n`);
}
