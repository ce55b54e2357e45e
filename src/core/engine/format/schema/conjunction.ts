import { isRecord } from '../../../base/json.js';
import { isEmptyList } from './keywords.js';
import { constrains } from './kinds.js';
import type { Located, Places, SchemaObject } from './located.js';

/** One of the schemas that a value has to satisfy at the same time. */
interface Part {
  readonly located: Located;
  /** Whether its `$ref`, `allOf`, `anyOf` and `oneOf` are handled. */
  readonly bare: boolean;
  /** For an option: the contents of the schemas that it is an option of, and of those that led there. */
  readonly within: readonly number[];
}

/** All schemas that a value has to satisfy. */
export type Conjunction = readonly Part[];

/** A conjunction in its parts. */
export interface Parted {
  /** Schemas whose own keywords count; `$ref` and combinations are handled elsewhere. */
  readonly plain: readonly { readonly schema: SchemaObject; readonly pointer: string }[];
  /** Lists of parts; the value has to satisfy one part of each list. */
  readonly choices: readonly Conjunction[];
  /** The place of a schema `false`, or of another one that allows nothing, if there is one. */
  readonly never: string | null;
}

/** Longest chain of `$ref`s and `allOf`s. */
const longestChain = 200;

export function conjunctionOf(...schemas: readonly Located[]): Conjunction {
  return schemas.map((located) => ({ located, bare: false, within: [] }));
}

/** The schemas of {@link Parted.plain}, to be combined with an option of each choice. */
export function plainParts({ plain }: Parted): Conjunction {
  return plain.map((located) => ({ located, bare: true, within: [] }));
}

/** The same text for equal schemas in any order. */
export function keyOfConjunction(conjunction: Conjunction, places: Places): string {
  const keys = conjunction.map(
    ({ located, bare, within }) =>
      `${bare ? '!' : ''}${places.contentOf(located.schema)}<${[...new Set(within)].sort((a, b) => a - b).join('.')}`,
  );
  return [...new Set(keys)].sort().join();
}

/**
 * Follows `$ref` and `allOf`.
 *
 * A value satisfies a schema that refers to itself only if the references end. So an option that leads back to the
 * schema that it is an option of allows nothing that the other options do not. One that adds something on the way back
 * is refused, because checking a value against it would never end.
 */
export function takeApart(conjunction: Conjunction, places: Places): Parted {
  const plain = new Map<string, { schema: SchemaObject; pointer: string }>();
  const entered = new Set<string>();
  const choices: Conjunction[] = [];
  let never: string | null = null;

  const enter = ({ schema, pointer }: Located, within: readonly number[], chain: readonly Located[]): void => {
    if (schema === true) return;
    const isBack = schema !== false && within.includes(places.contentOf(schema));
    if (isBack && chain.some((each) => typeof each.schema !== 'boolean' && addsSomething(each.schema))) {
      places.fail(pointer, 'it refers to itself, by way of one of its own options');
    }
    if (schema === false || isBack || isNothing(schema)) {
      never ??= schema !== false && isNothing(schema) ? `${pointer}/not` : pointer;
      return;
    }
    if (chain.some((each) => each.pointer === pointer)) {
      places.fail(pointer, 'it refers to itself, with nothing in between');
    }
    if (chain.length > longestChain) places.fail(pointer, `it is at the end of more than ${longestChain} references`);
    if (entered.has(pointer)) return;
    entered.add(pointer);
    const longer = [...chain, { schema, pointer }];
    const contents = longer.map((each) => places.contentOf(each.schema));
    if (schema['nullable'] === true && [...leading].some((keyword) => schema[keyword] !== undefined)) {
      const options = [
        without(schema, 'nullable', pointer),
        { schema: { type: 'null' }, pointer: `${pointer}/nullable` },
      ];
      choices.push(options.map((located) => ({ located, bare: false, within: [...within, ...contents] })));
      return;
    }
    plain.set(pointer, { schema, pointer });
    if (schema['$ref'] !== undefined) enter(places.resolve(schema['$ref'], `${pointer}/$ref`), within, longer);
    if (schema['allOf'] !== undefined) {
      for (const each of places.list(schema['allOf'], `${pointer}/allOf`)) enter(each, within, longer);
    }
    for (const keyword of ['anyOf', 'oneOf']) {
      if (schema[keyword] === undefined) continue;
      const place = `${pointer}/${keyword}`;
      if (isEmptyList(schema[keyword])) {
        never ??= place;
        continue;
      }
      const options = places.list(schema[keyword], place);
      choices.push(options.map((located) => ({ located, bare: false, within: [...within, ...contents] })));
    }
  };
  for (const { located, bare, within } of conjunction) {
    const { schema, pointer } = located;
    if (bare && typeof schema !== 'boolean') plain.set(pointer, { schema, pointer });
    else enter(located, within, []);
  }
  return { plain: [...plain.values()], choices, never };
}

/** Keywords that only lead to other schemas. */
const leading = new Set(['$ref', 'allOf', 'anyOf', 'oneOf']);

/** Whether a value has to satisfy more than the one schema that it leads to. */
function addsSomething(schema: SchemaObject): boolean {
  const says = Object.keys(schema).filter((keyword) => leading.has(keyword) || constrains(keyword));
  const all = (Array.isArray(schema['allOf']) ? schema['allOf'] : []).filter(
    (each) => isRecord(each) && Object.keys(each).some((keyword) => leading.has(keyword) || constrains(keyword)),
  );
  return says.some((keyword) => !leading.has(keyword)) || says.length > 1 || all.length > 1;
}

function without(schema: SchemaObject, keyword: string, pointer: string): Located {
  return { schema: Object.fromEntries(Object.entries(schema).filter(([name]) => name !== keyword)), pointer };
}

/** Whether this is how zod writes a value that must not exist. */
function isNothing({ not }: SchemaObject): boolean {
  return not === true || (isRecord(not) && !Array.isArray(not) && Object.keys(not).length === 0);
}
