import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { resultSchema } from '../../../src/core/measurement/result-schema.js';

const shipped: unknown = JSON.parse(readFileSync(new URL('../../../schemas/bench-v1.json', import.meta.url), 'utf8'));

describe('the JSON Schema that ships', () => {
  it('is the definition that the code checks results against', () => {
    expect(shipped).toEqual(JSON.parse(JSON.stringify(resultSchema)));
  });

  it('is a valid schema of its draft', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    expect(ajv.validateSchema(JSON.parse(JSON.stringify(resultSchema)) as object)).toBe(true);
  });
});
