// Writes the JSON Schema of result files from the one definition that the code checks them against.
import { mkdir, writeFile } from 'node:fs/promises';
import { resultSchema } from '../dist/core/bench/result/schema.js';

await mkdir(new URL('../schemas', import.meta.url), { recursive: true });
await writeFile(new URL('../schemas/bench-v1.json', import.meta.url), `${JSON.stringify(resultSchema, null, 2)}\n`);
