import type { Parted } from './conjunction.js';
import { type ArraySource, type Bound, equalJson, Keywords, type ObjectSource } from './keywords.js';
import { allKinds, type Kind, kindOfKeyword, kindOfType, namingKeywords, refusedKeywords } from './kinds.js';
import type { Located, Places } from './located.js';
import type { Multiple } from './number-range.js';

/** What several schemas together say about a value. */
export interface Facts {
  readonly kinds: ReadonlySet<Kind>;
  readonly integer: boolean;
  /** The only values that are allowed; null if they are not listed. */
  readonly values: readonly unknown[] | null;
  readonly number: { min: Bound | null; max: Bound | null; multiples: Multiple[]; pointers: string[] };
  readonly string: {
    min: number;
    max: number;
    patterns: { source: string; pointer: string }[];
    formats: { name: string; pointer: string }[];
    /** Where `minLength` and `maxLength` are. */
    lengths: string[];
  };
  readonly array: { min: number; max: number; unique: string | null; sources: ArraySource[] };
  readonly object: {
    min: number;
    max: number;
    /** Where `minProperties` is. */
    minPointer: string;
    required: Set<string>;
    names: Located[];
    sources: ObjectSource[];
  };
  /** Where the values are listed. */
  readonly place: string;
  /** Whether a keyword that is left out may allow properties and items that the rest does not name. */
  readonly isVague: boolean;
}

type PlainSchema = Parted['plain'][number];

/** @throws ChatstreamError `invalid_request` for an invalid or unsupported keyword */
export function factsOf({ plain }: Parted, places: Places): Facts {
  const number: Facts['number'] = { min: null, max: null, multiples: [], pointers: [] };
  const string: Facts['string'] = { min: 0, max: Infinity, patterns: [], formats: [], lengths: [] };
  const array: Facts['array'] = { min: 0, max: Infinity, unique: null, sources: [] };
  const object: Facts['object'] = {
    ...{ min: 0, max: Infinity, minPointer: '', required: new Set(), names: [], sources: [] },
  };
  let explicit: ReadonlySet<string> | null = null;
  const implied = new Set<Kind>();
  let values: readonly unknown[] | null = null;
  let place = plain[0]?.pointer ?? '';
  let isVague = false;

  for (const plainSchema of plain) {
    const { schema, pointer } = plainSchema;
    const read = new Keywords(schema, pointer, places);
    read.refuse(refusedKeywords);
    isVague ||= namingKeywords.some(
      (keyword) =>
        places.isLeftOut(`${pointer}/${keyword}`) && schema[keyword] !== undefined && schema[keyword] !== false,
    );
    const types = read.types([...kindOfType.keys()]);
    if (types !== null) explicit = explicit === null ? types : commonTypes(explicit, types);
    const listed = read.values();
    if (listed !== null) {
      values = values === null ? listed : values.filter((value) => listed.some((other) => equalJson(value, other)));
      place = pointer;
    }
    for (const keyword of Object.keys(schema)) {
      const kind = kindOfKeyword.get(keyword);
      if (kind !== undefined) implied.add(kind);
    }
    if (read.isNullable && implied.size > 0) implied.add('null');
    addNumberFacts(number, read, plainSchema);
    addStringFacts(string, read, pointer);
    addArrayFacts(array, read, plainSchema);
    addObjectFacts(object, read, plainSchema, places);
    read.checkOrder();
  }
  const kinds =
    explicit === null ? (implied.size > 0 && values === null ? implied : new Set(allKinds)) : kindsOf(explicit);
  const integer = explicit !== null && explicit.has('integer') && !explicit.has('number');
  return { kinds, integer, values, number, string, array, object, place, isVague };
}

function addNumberFacts(number: Facts['number'], read: Keywords, { schema, pointer }: PlainSchema): void {
  for (const bound of read.lowerBounds()) number.min = tighter(number.min, bound, (a, b) => a > b);
  for (const bound of read.upperBounds()) number.max = tighter(number.max, bound, (a, b) => a < b);
  for (const keyword of Object.keys(schema)) {
    if (kindOfKeyword.get(keyword) === 'number') number.pointers.push(`${pointer}/${keyword}`);
  }
  const multiple = read.multipleOf();
  if (multiple !== null) number.multiples.push({ value: multiple, pointer: `${pointer}/multipleOf` });
}

function addStringFacts(string: Facts['string'], read: Keywords, pointer: string): void {
  string.min = Math.max(string.min, read.count('minLength') ?? 0);
  string.max = Math.min(string.max, read.count('maxLength') ?? Infinity);
  const pattern = read.text('pattern');
  if (pattern !== null) string.patterns.push({ source: pattern, pointer: `${pointer}/pattern` });
  const format = read.text('format');
  if (format !== null) string.formats.push({ name: format, pointer: `${pointer}/format` });
  for (const keyword of ['minLength', 'maxLength']) {
    if (read.count(keyword) !== null) string.lengths.push(`${pointer}/${keyword}`);
  }
}

function addArrayFacts(array: Facts['array'], read: Keywords, { schema, pointer }: PlainSchema): void {
  array.min = Math.max(array.min, read.count('minItems') ?? 0);
  array.max = Math.min(array.max, read.count('maxItems') ?? Infinity);
  if (schema['uniqueItems'] === true) array.unique = `${pointer}/uniqueItems`;
  const source = read.arraySource();
  if (source !== null) array.sources.push(source);
}

function addObjectFacts(
  object: Facts['object'],
  read: Keywords,
  { schema, pointer }: PlainSchema,
  places: Places,
): void {
  const min = read.count('minProperties') ?? 0;
  if (min > object.min) {
    object.min = min;
    object.minPointer = `${pointer}/minProperties`;
  }
  object.max = Math.min(object.max, read.count('maxProperties') ?? Infinity);
  for (const name of read.required()) object.required.add(name);
  const names = schema['propertyNames'];
  if (names !== undefined) object.names.push(places.at(names, `${pointer}/propertyNames`));
  const source = read.objectSource();
  if (source !== null) object.sources.push(source);
}

function commonTypes(left: ReadonlySet<string>, right: ReadonlySet<string>): ReadonlySet<string> {
  const common = [...left].filter((type) => right.has(type) || (type === 'integer' && right.has('number')));
  return new Set(left.has('number') && right.has('integer') ? [...common, 'integer'] : common);
}

function kindsOf(types: ReadonlySet<string>): ReadonlySet<Kind> {
  return new Set([...types].flatMap((type) => kindOfType.get(type) ?? []));
}

function tighter(known: Bound | null, bound: Bound, isTighter: (a: number, b: number) => boolean): Bound {
  if (known === null || isTighter(bound.value, known.value)) return bound;
  return bound.value === known.value && bound.exclusive ? bound : known;
}

export function hasArrayFacts({ array: { sources, min, max, unique } }: Facts): boolean {
  return sources.length > 0 || min > 0 || max < Infinity || unique !== null;
}

export function hasObjectFacts({ object: { sources, required, names, min, max } }: Facts): boolean {
  return sources.length > 0 || required.size > 0 || names.length > 0 || min > 0 || max < Infinity;
}

/** Whether bounds of different schemas contradict each other. */
export function isEmpty(kind: Kind, { string, array, object }: Facts): boolean {
  const counts = { string, array, object };
  if (kind !== 'string' && kind !== 'array' && kind !== 'object') return false;
  return counts[kind].min > counts[kind].max;
}
