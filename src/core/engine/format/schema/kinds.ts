/** Kinds of values, as schemas distinguish them. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export const allKinds: readonly Kind[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];

export const kindOfType: ReadonlyMap<string, Kind> = new Map([
  ...allKinds.map((kind) => [kind, kind] as const),
  ['integer', 'number'] as const,
]);

export const kindOfKeyword: ReadonlyMap<string, Kind> = new Map([
  ...(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const).map(
    (keyword) => [keyword, 'number'] as const,
  ),
  ...(['minLength', 'maxLength', 'pattern', 'format'] as const).map((keyword) => [keyword, 'string'] as const),
  ...(['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'] as const).map(
    (keyword) => [keyword, 'array'] as const,
  ),
  ...(
    [
      'properties',
      'required',
      'additionalProperties',
      'patternProperties',
      'propertyNames',
      'minProperties',
      'maxProperties',
    ] as const
  ).map((keyword) => [keyword, 'object'] as const),
]);

/** Keywords that constrain and that no grammar of ours enforces. Unknown keywords are annotations. */
export const refusedKeywords: readonly string[] = [
  'not',
  'if',
  'contains',
  'minContains',
  'maxContains',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'unevaluatedItems',
  'unevaluatedProperties',
  '$dynamicRef',
  '$recursiveRef',
];

/** Keywords that only forbid: they never add properties or items to a value. */
const forbidding: ReadonlySet<string> = new Set(['not', 'minContains', 'maxContains']);

/** Keywords that, if left out, may have allowed properties and items that the rest does not name. */
export const namingKeywords: readonly string[] = ['$ref', ...refusedKeywords.filter((each) => !forbidding.has(each))];

/** Whether a keyword says something about values, other than through other schemas of the same value. */
export function constrains(keyword: string): boolean {
  return ['type', 'enum', 'const'].includes(keyword) || kindOfKeyword.has(keyword) || refusedKeywords.includes(keyword);
}

export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return 'number';
  return typeof value === 'string' ? 'string' : 'object';
}
