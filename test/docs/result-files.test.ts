import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import type { RequestOutcome } from '../../src/core/bench/client/outcome.js';
import { metricsOf } from '../../src/core/bench/record/answers/request-metrics.js';
import { SamplesFile } from '../../src/core/bench/record/samples-file.js';
import { metricNames } from '../../src/core/measurement/metric-names.js';
import { toCsv } from '../../src/core/report/bench/formats/csv.js';
import { benchResult } from '../support/bench-result.js';
import { parseAs } from '../support/parse-as.js';
import { codeIn, readPage, rowsOf } from './markdown.js';

const page = readPage('docs/result-files.md');

/** The names in the first column of a table, by its rows. */
function documented(firstHeader: string): readonly (readonly string[])[] {
  return rowsOf(page, firstHeader).map((row) => codeIn(row.get(firstHeader) ?? ''));
}

describe('docs/result-files.md', () => {
  it('lists the columns of CSV files in their order', () => {
    const columns = documented('column').flatMap((names) =>
      names.some((name) => name.startsWith('METRIC_'))
        ? metricNames.flatMap((metric) => names.map((name) => name.replace('METRIC', metric)))
        : names,
    );
    const [header = ''] = toCsv(benchResult({ settings: [{ concurrency: 8 }] }).result).split('\n');
    expect(columns).toEqual(header.split(','));
  });

  it('lists the fields of samples', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chatstream-samples-'));
    const path = join(folder, 'samples.jsonl');
    const times = { intendedUs: 0, sendUs: 10, endUs: 500, reconnects: 0 };
    const completed = {
      ...times,
      status: 'completed',
      firstTokenUs: 100,
      lastTokenUs: 500,
      tokenChunks: 5,
      gapsUs: [100, 100, 100, 100],
      tokenCounts: null,
      cachedTokens: null,
      unseenReasoning: 0,
      promptTokens: 8,
      outputTokens: 5,
      serverTimings: null,
    } as const;
    const refused: RequestOutcome = { ...times, status: 'refused', code: 'queue_full', message: 'The queue is full.' };
    const file = new SamplesFile(path, 0);
    file.write(completed, metricsOf(completed), { turn: 2, tenant: 'anna', server: 'candidate' });
    file.write(refused, null, { turn: null, tenant: null });
    await file.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    await rm(folder, { recursive: true });

    expect(lines).toHaveLength(2);
    const written = new Set(lines.flatMap((line) => Object.keys(parseAs(Type.Object({}), JSON.parse(line)))));
    expect(documented('field').flat().sort()).toEqual([...written].sort());
  });
});
