// Writes the JSON Schemas of results, comparisons and histories, from their definitions in the code.
import { mkdir, writeFile } from 'node:fs/promises';
import { benchConfigSchema } from '../dist/cli/bench/flags/config.js';
import { benchFlags } from '../dist/cli/bench/flags/flags.js';
import { configSchema } from '../dist/core/config/config-schema.js';
import { entrySchema } from '../dist/core/history/entry-schema.js';
import { resultSchema } from '../dist/core/measurement/result-schema.js';
import { comparisonSchema } from '../dist/core/report/compare/comparison-schema.js';

const folder = new URL('../schemas/', import.meta.url);

await mkdir(folder, { recursive: true });
await write('bench-v1.json', resultSchema);
await write('bench-config-v1.json', benchConfigSchema(benchFlags));
await write('compare-v1.json', comparisonSchema);
await write('config-v1.json', configSchema);
await write('history-v1.json', entrySchema);

async function write(name, schema) {
  await writeFile(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
