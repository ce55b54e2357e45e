import { isRecord } from '../../../src/core/base/json.js';
import type { Random } from '../seeded-random.js';

type Schema = Record<string, unknown>;

/** Keywords that no grammar enforces, wherever they are. */
const anywhere: readonly Schema[] = [
  { not: { type: 'null' } },
  { if: { type: 'string' }, then: { minLength: 9 } },
  { contains: { type: 'null' } },
  { dependentRequired: { a: ['b'] } },
  { unevaluatedProperties: false },
];

/** Those that only some values can have. */
function byType(schema: Schema): readonly Schema[] {
  const { type, pattern, multipleOf, items } = schema;
  if (type === 'string' && pattern === undefined) return [{ pattern: String.raw`\bx` }];
  if (type === 'integer' && multipleOf === undefined) return [{ multipleOf: 123_456_789 }];
  const isOpen = isRecord(items) && ['string', 'integer', 'number', 'object'].includes(String(items['type']));
  return type === 'array' && isOpen ? [{ uniqueItems: true }] : [];
}

const maps: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs']);
const lists: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
const single: ReadonlySet<string> = new Set(['items', 'additionalProperties']);

/** A schema with keywords that cannot be enforced at random places. */
export function withUnenforceable(schema: unknown, random: Random): unknown {
  if (!isRecord(schema) || Array.isArray(schema)) return schema;
  const members = Object.entries(schema).map(([name, value]): [string, unknown] => {
    if (lists.has(name) && Array.isArray(value)) return [name, value.map((each) => withUnenforceable(each, random))];
    if (single.has(name)) return [name, withUnenforceable(value, random)];
    if (!maps.has(name) || !isRecord(value)) return [name, value];
    const inner = Object.entries(value).map(([key, each]) => [key, withUnenforceable(each, random)] as const);
    return [name, Object.fromEntries(inner)];
  });
  const keywords = [...anywhere, ...byType(schema)];
  const added = random() < 0.5 ? keywords[Math.floor(random() * keywords.length)] : {};
  return { ...Object.fromEntries(members), ...added };
}
