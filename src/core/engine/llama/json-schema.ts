import type { Llama } from 'node-llama-cpp';
import { ChatstreamError } from '../../base/errors.js';
import { isRecord } from '../../base/json.js';

type Schema = Readonly<Record<string, unknown>>;

/** A JSON schema in the dialect of the library's grammar generator. */
export type GrammarSchema = Parameters<Llama['createGrammarForJsonSchema']>[0];

/** A {@link GrammarSchema} under construction: the library's type is a union too deep to satisfy piece by piece. */
type Rewritten = Record<string, unknown>;

const scalarTypes = ['string', 'number', 'integer', 'boolean', 'null'];
const stringFormats = ['date-time', 'time', 'date'];

/** Keywords that describe and do not constrain. */
const annotations = [
  'title',
  'description',
  'default',
  'examples',
  '$schema',
  '$id',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
];

const keywordsOf = {
  reference: ['$ref'],
  alternatives: ['oneOf', 'anyOf'],
  enumeration: ['enum', 'type'],
  constant: ['const', 'type'],
  string: ['type', 'minLength', 'maxLength', 'format'],
  array: ['type', 'items', 'prefixItems', 'minItems', 'maxItems'],
  object: ['type', 'properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  scalar: ['type'],
} as const;

/**
 * Rewrites a JSON schema for the library's grammar generator, which silently ignores keywords that it does not know, so
 * the output might violate the schema.
 *
 * The result never allows more than the schema, and sometimes less: objects get all of their `properties`, and others
 * only if `additionalProperties` allows them or no properties are named.
 *
 * @throws ChatstreamError `invalid_request`, naming the place and the keyword that is wrong or not supported
 */
export function grammarSchema(schema: Schema): GrammarSchema {
  const { $defs, ...root } = schema;
  const definitions = $defs === undefined ? {} : object($defs, '$defs');
  const rewrite = new Rewrite(new Set(Object.keys(definitions)));
  const rewritten = {
    ...rewrite.schema(root, ''),
    ...($defs !== undefined && { $defs: rewrite.schemas(definitions, '$defs') }),
  };
  return rewritten as unknown as GrammarSchema;
}

class Rewrite {
  readonly #definitions: ReadonlySet<string>;

  constructor(definitions: ReadonlySet<string>) {
    this.#definitions = definitions;
  }

  schema(value: unknown, path: string): Rewritten {
    if (value === true) return anything();
    const schema = object(value, path);
    if ('$ref' in schema) return this.#reference(schema, path);
    if ('oneOf' in schema || 'anyOf' in schema) return this.#alternatives(schema, path);
    if ('enum' in schema) return enumeration(schema, path);
    if ('const' in schema) return constant(schema, path);

    const { type } = schema;
    if (Array.isArray(type))
      return { oneOf: type.map((each: unknown) => this.schema({ ...schema, type: each }, path)) };
    if (type === 'object' || (type === undefined && 'properties' in schema)) return this.#object(schema, path);
    if (type === 'array' || (type === undefined && 'items' in schema)) return this.#array(schema, path);
    if (type === 'string') return string(schema, path);
    if (typeof type === 'string' && scalarTypes.includes(type)) {
      allow(schema, keywordsOf.scalar, path);
      return { type };
    }
    if (type !== undefined) throw invalid(path, `the type ${JSON.stringify(type)} is unknown`);
    allow(schema, [], path);
    return anything();
  }

  schemas(value: unknown, path: string): Record<string, Rewritten> {
    const entries = Object.entries(object(value, path));
    return Object.fromEntries(entries.map(([name, schema]) => [name, this.schema(schema, `${path}/${name}`)]));
  }

  #reference(schema: Schema, path: string): Rewritten {
    allow(schema, keywordsOf.reference, path);
    const { $ref } = schema;
    const name = typeof $ref === 'string' ? /^#\/\$defs\/(.+)$/.exec($ref)?.[1] : undefined;
    if (name === undefined || !this.#definitions.has(name)) {
      throw invalid(path, `$ref must name one of the schema's own "#/$defs/…", not ${JSON.stringify($ref)}`);
    }
    return { $ref };
  }

  #alternatives(schema: Schema, path: string): Rewritten {
    allow(schema, keywordsOf.alternatives, path);
    if ('oneOf' in schema && 'anyOf' in schema) throw invalid(path, 'oneOf and anyOf together are not supported');
    const keyword = 'oneOf' in schema ? 'oneOf' : 'anyOf';
    const alternatives = list(schema[keyword], `${path}/${keyword}`);
    return { oneOf: alternatives.map((each, index) => this.schema(each, `${path}/${keyword}/${index}`)) };
  }

  #array(schema: Schema, path: string): Rewritten {
    allow(schema, keywordsOf.array, path);
    const { items, prefixItems } = schema;
    const { minItems, maxItems } = bounds(schema, 'minItems', 'maxItems', path);
    const prefix = prefixItems === undefined ? [] : list(prefixItems, `${path}/prefixItems`);
    if (maxItems !== undefined && maxItems < prefix.length)
      throw invalid(path, 'maxItems is less than the number of prefixItems');
    return {
      type: 'array',
      ...(items !== undefined && { items: this.schema(items, `${path}/items`) }),
      ...(prefix.length > 0 && {
        prefixItems: prefix.map((each, index) => this.schema(each, `${path}/prefixItems/${index}`)),
      }),
      ...(minItems !== undefined && { minItems }),
      ...(maxItems !== undefined && { maxItems }),
    };
  }

  #object(schema: Schema, path: string): Rewritten {
    allow(schema, keywordsOf.object, path);
    const properties =
      schema['properties'] === undefined ? {} : this.schemas(schema['properties'], `${path}/properties`);
    const required = schema['required'] === undefined ? [] : list(schema['required'], `${path}/required`);
    const missing = required.find((name) => typeof name !== 'string' || !Object.hasOwn(properties, name));
    if (missing !== undefined)
      throw invalid(path, `required names ${JSON.stringify(missing)}, which is not a property`);

    const named = Object.keys(properties).length;
    const { minProperties, maxProperties } = bounds(schema, 'minProperties', 'maxProperties', path);
    if (maxProperties !== undefined && maxProperties < named)
      throw invalid(path, 'maxProperties is less than the number of properties');
    const more = schema['additionalProperties'] ?? named === 0;
    return {
      type: 'object',
      ...(named > 0 && { properties }),
      additionalProperties: typeof more === 'boolean' ? more : this.schema(more, `${path}/additionalProperties`),
      ...(minProperties !== undefined && { minProperties }),
      ...(maxProperties !== undefined && { maxProperties }),
    };
  }
}

function anything(): Rewritten {
  return {
    oneOf: [
      { type: ['string', 'number', 'boolean', 'null'] },
      { type: 'object', additionalProperties: true },
      { type: 'array' },
    ],
  };
}

function enumeration(schema: Schema, path: string): Rewritten {
  allow(schema, keywordsOf.enumeration, path);
  return { enum: list(schema['enum'], `${path}/enum`).map((value) => scalar(value, `${path}/enum`)) };
}

function constant(schema: Schema, path: string): Rewritten {
  allow(schema, keywordsOf.constant, path);
  return { const: scalar(schema['const'], `${path}/const`) };
}

function string(schema: Schema, path: string): Rewritten {
  allow(schema, keywordsOf.string, path);
  const { format } = schema;
  const { minLength, maxLength } = bounds(schema, 'minLength', 'maxLength', path);
  if (format === undefined) {
    return {
      type: 'string',
      ...(minLength !== undefined && { minLength }),
      ...(maxLength !== undefined && { maxLength }),
    };
  }
  if (typeof format !== 'string' || !stringFormats.includes(format)) {
    throw invalid(path, `only the formats ${stringFormats.join(', ')} are supported, not ${JSON.stringify(format)}`);
  }
  if (minLength !== undefined || maxLength !== undefined)
    throw invalid(path, 'a length together with a format is not supported');
  return { type: 'string', format };
}

function bounds<Min extends string, Max extends string>(
  schema: Schema,
  min: Min,
  max: Max,
  path: string,
): Partial<Record<Min | Max, number>> {
  const found: Partial<Record<Min | Max, number>> = {};
  for (const keyword of [min, max]) {
    const count = schema[keyword];
    if (count === undefined) continue;
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) {
      throw invalid(path, `${keyword} must be a whole number of 0 or more`);
    }
    found[keyword] = count;
  }
  const [least, most] = [found[min], found[max]];
  if (least !== undefined && most !== undefined && most < least) throw invalid(path, `${max} is less than ${min}`);
  return found;
}

function allow(schema: Schema, keywords: readonly string[], path: string): void {
  const unknown = Object.keys(schema).find((keyword) => !keywords.includes(keyword) && !annotations.includes(keyword));
  if (unknown !== undefined) throw invalid(path, `"${unknown}" is not supported here`);
}

function object(value: unknown, path: string): Schema {
  if (!isRecord(value) || Array.isArray(value)) throw invalid(path, 'a schema must be an object');
  return value;
}

function list(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid(path, 'must be a list that is not empty');
  return value;
}

function scalar(value: unknown, path: string): unknown {
  if (typeof value === 'object' && value !== null)
    throw invalid(path, 'only strings, numbers, booleans and null are supported');
  return value;
}

function invalid(path: string, problem: string): ChatstreamError {
  const place = path === '' ? 'The JSON schema' : `The JSON schema at ${path}`;
  return new ChatstreamError('invalid_request', `${place} cannot be used: ${problem}.`, { param: 'response_format' });
}
