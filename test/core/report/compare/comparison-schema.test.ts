import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Sides } from '../../../../src/core/compare/side.js';
import { parseThresholds } from '../../../../src/core/compare/threshold.js';
import { compare } from '../../../../src/core/compare/verdicts/compare.js';
import { comparisonSchema } from '../../../../src/core/report/compare/comparison-schema.js';
import { comparisonJson } from '../../../../src/core/report/compare/json.js';
import { alternately, pair, resultOf } from '../../compare/sides.js';

const shipped = JSON.parse(
  readFileSync(new URL('../../../../schemas/compare-v1.json', import.meta.url), 'utf8'),
) as object;

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(shipped);

function jsonOf(sides: Sides, failOn: readonly string[], allowed: readonly string[] = []): unknown {
  const comparison = compare(sides, { thresholds: parseThresholds(failOn), allowed: [...allowed] });
  return JSON.parse(JSON.stringify(comparisonJson(comparison)));
}

const base = resultOf(1);
const failOn = ['ttft.p95>10%', 'tpot.p50>90%', 'ttft.p99.9>10%', 'output_tokens_per_second<5%'];
const twoSettings = { settings: [1, 2].map((maxConcurrency) => ({ maxConcurrency, completed: 30 })) };

describe('the JSON Schema of comparisons that ships', () => {
  it('is the definition in the code', () => {
    expect(shipped).toEqual(JSON.parse(JSON.stringify(comparisonSchema)));
  });

  it.each([
    ['a regression', jsonOf(pair(base, resultOf(1.3, {}, {}, 3)), failOn)],
    ['an interleaved measurement', jsonOf(alternately(base, resultOf(1.01, {}, {}, 3)), failOn)],
    ['figures without thresholds', jsonOf(pair(base, base), [])],
    ['single trials at other settings', jsonOf(pair(base, resultOf(1, {}, { ...twoSettings, trials: 1 })), failOn)],
    ['a candidate that answered nothing', jsonOf(pair(base, resultOf(1, { completed: 0 })), failOn)],
    [
      'differences that were allowed',
      jsonOf(pair(base, { ...base, target: { ...base.target, model: 'another' } }), failOn, ['model']),
    ],
  ])('describes %s', (_, json) => {
    validate(json);
    expect(validate.errors).toBeNull();
  });

  it('describes every field, and not only some', () => {
    const json = jsonOf(pair(base, base), failOn);
    expect(json).toEqual(onlyNamed(comparisonSchema, json));
    expect(onlyNamed(comparisonSchema, { verdict: 'pass', more: 1, rows: [{ ratio: 1, more: 1 }] })).toEqual({
      verdict: 'pass',
      rows: [{ ratio: 1 }],
    });
  });
});

/** What is left of a value without the properties that a schema does not name. */
function onlyNamed(schema: unknown, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => onlyNamed(field(schema, 'items'), item));
  const properties = field(schema, 'properties');
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const named = Object.entries(value).filter(([name]) => field(properties, name) !== undefined);
  return Object.fromEntries(named.map(([name, each]) => [name, onlyNamed(field(properties, name), each)]));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
