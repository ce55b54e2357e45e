import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { allMetrics } from '../../../src/core/compare/compared-metric.js';
import { differencesBetween, entryOf, identityOf } from '../../../src/core/history/entry.js';
import { entrySchema } from '../../../src/core/history/entry-schema.js';
import { benchResult } from '../../support/bench-result.js';
import { resultOf } from '../compare/sides.js';
import { entryAt } from './entries.js';

const provenance = { commit: '1a2b3c4', branch: 'main', dirty: false, note: null } as const;

const shipped = JSON.parse(
  readFileSync(new URL('../../../schemas/history-v1.json', import.meta.url), 'utf8'),
) as object;

describe('an entry', () => {
  it('has every figure that a threshold can name, and null for one that is not known', () => {
    const result = resultOf(1, { completed: 30 });
    const [row] = entryOf(result, provenance, 'result.json').rows;
    expect(Object.keys(row?.figures ?? {})).toEqual(allMetrics.map(({ id }) => id));
    expect(row?.figures['ttft.p50']).toBeGreaterThan(300);
    expect(row?.figures).toMatchObject({ 'ttft.p99': null, goodput: null });
    expect(row).toMatchObject({ trials: 5, requests: { completed: 150, failed: 0 }, saturated: false });
    expect(row?.answer_tokens?.mean).toBeGreaterThan(0);
  });

  it('has a row for each setting', () => {
    const { result } = benchResult({ settings: [1, 2].map((maxConcurrency) => ({ maxConcurrency, completed: 20 })) });
    const settings = entryOf(result, provenance, 'result.json').rows.map((row) => row.settings.max_concurrency);
    expect(settings).toEqual([1, 2]);
  });

  it('is described by the JSON Schema that ships, which is the definition in the code', () => {
    expect(shipped).toEqual(JSON.parse(JSON.stringify(entrySchema)));
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(shipped);
    validate(JSON.parse(JSON.stringify(entryOf(resultOf(1), provenance, 'result.json'))));
    expect(validate.errors).toBeNull();
  });
});

describe('two entries', () => {
  it('are the same measurement if they began at the same time, on the same target and with the same plan', () => {
    const entry = entryAt(1);
    expect(identityOf({ ...entry, commit: 'another', note: 'again' })).toBe(identityOf(entry));
    expect(identityOf({ ...entry, target: { ...entry.target, model: 'another' } })).not.toBe(identityOf(entry));
    expect(identityOf(entryAt(2))).not.toBe(identityOf(entry));
  });

  it('are comparable as two results are: not with another load, machine or model', () => {
    const entry = entryAt(1);
    const others = [
      { ...entry, plan: { ...entry.plan, input_tokens: 512 } },
      { ...entry, machine: { ...entry.machine, cpu: 'Another 1000' } },
      { ...entry, target: { ...entry.target, model: 'another' } },
      { ...entry, target: { ...entry.target, url: 'http://10.0.0.1:80', server: 'chatstream/9.9.9' } },
    ];
    const fields = others.map((other) => differencesBetween(other, entry, []).map(({ field }) => field));
    expect(fields).toEqual([['plan.input_tokens'], ['machine.cpu'], ['model'], []]);
    expect(others.map((other) => differencesBetween(other, entry, ['plan', 'machine', 'model']))).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });
});
