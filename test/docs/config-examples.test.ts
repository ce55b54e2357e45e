import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { benchConfigSchema } from '../../src/cli/bench/flags/config.js';
import { benchFlags } from '../../src/cli/bench/flags/flags.js';
import { BaseCommand } from '../../src/cli/command/base-command.js';
import ConfigCheck from '../../src/commands/config/check.js';
import { configSchema } from '../../src/core/config/config-schema.js';
import { entrySchema } from '../../src/core/history/entry-schema.js';
import { resultSchema } from '../../src/core/measurement/result-schema.js';
import { comparisonSchema } from '../../src/core/report/compare/comparison-schema.js';
import { readPage, root } from './markdown.js';

describe('the schemas of the package', () => {
  it.each([
    ['bench-v1', resultSchema],
    ['bench-config-v1', benchConfigSchema(benchFlags)],
    ['compare-v1', comparisonSchema],
    ['config-v1', configSchema],
    ['history-v1', entrySchema],
  ])('%s is that of the code: npm run build writes it', (name, schema) => {
    expect(JSON.parse(readFileSync(`${root}schemas/${name}.json`, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });
});

/** The configuration files in a page. */
function filesIn(page: string): readonly (readonly [string, string])[] {
  const blocks = [...readPage(page).matchAll(/^```yaml\n(.*?)^```$/gms)];
  return blocks.map(([, text = ''], index) => [`${page}, file ${index + 1}`, text]);
}

const examples = [
  ...filesIn('docs/fairness.md'),
  ...filesIn('docs/upstreams.md'),
  ['examples/fairness/serve.yaml', readFileSync(`${root}examples/fairness/serve.yaml`, 'utf8')] as const,
];

describe('the examples of configuration files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chatstream-examples-'));
    for (const method of ['log', 'logToStderr'] as const) {
      vi.spyOn(BaseCommand.prototype, method).mockImplementation(() => undefined);
    }
  });

  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('are found', () => {
    expect(examples).toHaveLength(7);
  });

  it.each(examples)('%s is one that serve accepts', async (_name, text) => {
    const path = join(folder, 'chatstream.yaml');
    writeFileSync(path, text);
    expect(await ConfigCheck.run([path], root)).toMatchObject({ file: path, warnings: [] });
  });
});
