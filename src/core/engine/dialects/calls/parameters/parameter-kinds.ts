import { isRecord, items } from '../../../../base/json.js';
import { pointerIn, valueAt } from '../../../../base/json-pointer.js';
import { allKinds, type Kind, kindOf, kindOfKeyword, kindOfType } from '../../../format/schema/kinds.js';

/** Longest chain of references, and deepest nesting of combinations, that is followed. */
const deepest = 32;

/**
 * Largest number of schemas that are looked at for one question: a schema that refers to itself several times never
 * ends.
 */
const mostSchemas = 1000;

/** What is left of {@link mostSchemas}. */
interface Effort {
  schemas: number;
}

/**
 * What a schema tells about a value: models that write values without quotation marks leave it to the schema whether
 * `7` is a number. Anything that is not understood allows every kind.
 */
export class ValueShape {
  /** The kinds of values that are possible. Never empty. */
  readonly kinds: ReadonlySet<Kind>;
  readonly #schemas: readonly unknown[];
  readonly #root: unknown;

  /**
   * @param root the schema in which references are looked up
   * @param schemas the value satisfies one of these
   */
  constructor(root: unknown, schemas: readonly unknown[] = [root]) {
    this.#root = root;
    this.#schemas = schemas;
    const effort = { schemas: mostSchemas };
    this.kinds = new Set(schemas.flatMap((schema) => [...kindsOf(schema, root, 0, effort)]));
  }

  property(name: string): ValueShape {
    const found = this.#members((schema) => {
      const properties = schema['properties'];
      return isRecord(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [];
    });
    if (found.length > 0) return new ValueShape(this.#root, found);
    const others = this.#members((schema) => schema['additionalProperties'] ?? []);
    return new ValueShape(this.#root, others.length > 0 ? others : [true]);
  }

  item(): ValueShape {
    const found = this.#members((schema) => schema['items'] ?? []);
    return new ValueShape(this.#root, found.length > 0 ? found : [true]);
  }

  #members(of: (schema: Readonly<Record<string, unknown>>) => unknown): readonly unknown[] {
    const effort = { schemas: mostSchemas };
    return this.#schemas.flatMap((schema) => membersOf(schema, this.#root, of, 0, effort)).slice(0, mostSchemas);
  }
}

/** Whether a value can only be a string. */
export function isOnlyString(kinds: ReadonlySet<Kind>): boolean {
  return kinds.size === 1 && kinds.has('string');
}

/** Some members of a schema, in any of its parts. */
function membersOf(
  schema: unknown,
  root: unknown,
  of: (schema: Readonly<Record<string, unknown>>) => unknown,
  depth: number,
  effort: Effort,
): readonly unknown[] {
  effort.schemas -= 1;
  if (!isRecord(schema) || depth > deepest || effort.schemas < 0) return [];
  const own = of(schema);
  const parts = [
    ...(schema['$ref'] === undefined ? [] : [resolved(schema['$ref'], root)]),
    ...['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => items(schema[keyword])),
  ];
  return [
    ...(Array.isArray(own) ? items(own) : [own]),
    ...parts.flatMap((part) => membersOf(part, root, of, depth + 1, effort)),
  ];
}

function kindsOf(schema: unknown, root: unknown, depth: number, effort: Effort): ReadonlySet<Kind> {
  effort.schemas -= 1;
  if (!isRecord(schema) || depth > deepest || effort.schemas < 0) return new Set(allKinds);
  if (schema['nullable'] === true) {
    const others = kindsOf({ ...schema, nullable: false }, root, depth + 1, effort);
    return new Set(allKinds.filter((kind) => kind === 'null' || others.has(kind)));
  }
  const sets: ReadonlySet<Kind>[] = [ownKinds(schema)];
  if (schema['$ref'] !== undefined) sets.push(kindsOf(resolved(schema['$ref'], root), root, depth + 1, effort));
  for (const part of items(schema['allOf'])) sets.push(kindsOf(part, root, depth + 1, effort));
  for (const keyword of ['anyOf', 'oneOf']) {
    const options = items(schema[keyword]);
    if (options.length > 0)
      sets.push(new Set(options.flatMap((option) => [...kindsOf(option, root, depth + 1, effort)])));
  }
  const kinds = new Set(allKinds.filter((kind) => sets.every((set) => set.has(kind))));
  return kinds.size === 0 ? new Set(allKinds) : kinds;
}

/** What the keywords of a schema itself say. */
function ownKinds(schema: Readonly<Record<string, unknown>>): ReadonlySet<Kind> {
  const type = schema['type'];
  const types = typeof type === 'string' ? [type] : items(type);
  const named = types.flatMap((each) => kindOfType.get(String(each)) ?? []);
  const listed = Object.hasOwn(schema, 'const') ? [schema['const']] : items(schema['enum']);
  const values = new Set(listed.map(kindOf));
  const implied = Object.keys(schema).flatMap((keyword) => kindOfKeyword.get(keyword) ?? []);
  const kinds = named.length > 0 ? named : values.size === 0 && implied.length > 0 ? implied : allKinds;
  return new Set(kinds.filter((kind) => values.size === 0 || values.has(kind)));
}

/** The target of a reference within the schema; undefined if there is none. */
function resolved(reference: unknown, root: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  return valueAt(root, pointerIn(reference.slice(1)));
}
