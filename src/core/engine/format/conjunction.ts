import type { Located, Places, SchemaObject } from './located.js';

/** One of the schemas that a value has to satisfy at the same time. */
interface Part {
  readonly located: Located;
  /** Whether its `$ref`, `allOf`, `anyOf` and `oneOf` are taken care of. */
  readonly bare: boolean;
}

/** All schemas that a value has to satisfy. */
export type Conjunction = readonly Part[];

/** A conjunction that is taken apart. */
export interface Parted {
  /** Schemas whose own keywords count; `$ref` and combinations are taken care of elsewhere. */
  readonly plain: readonly { readonly schema: SchemaObject; readonly pointer: string }[];
  /** Lists of schemas, of each of which the value has to satisfy one. */
  readonly choices: readonly (readonly Located[])[];
  /** The place of a schema `false`, if there is one. */
  readonly never: string | null;
}

/** Longest chain of `$ref`s and `allOf`s. */
const longestChain = 200;

export function conjunctionOf(...schemas: readonly Located[]): Conjunction {
  return schemas.map((located) => ({ located, bare: false }));
}

/** The same text for equal schemas in any order. */
export function keyOfConjunction(conjunction: Conjunction, places: Places): string {
  const keys = conjunction.map(({ located, bare }) => `${bare ? '!' : ''}${places.contentOf(located.schema)}`);
  return [...new Set(keys)].sort().join();
}

/** Follows `$ref` and `allOf`. */
export function takeApart(conjunction: Conjunction, places: Places): Parted {
  const plain = new Map<string, { schema: SchemaObject; pointer: string }>();
  const choices: (readonly Located[])[] = [];
  let never: string | null = null;

  const enter = ({ schema, pointer }: Located, bare: boolean, chain: readonly string[]): void => {
    if (schema === true) return;
    if (schema === false) {
      never ??= pointer;
      return;
    }
    if (bare) {
      plain.set(pointer, { schema, pointer });
      return;
    }
    if (chain.includes(pointer)) places.fail(pointer, 'it refers to itself, with nothing in between');
    if (chain.length > longestChain) places.fail(pointer, `it is at the end of more than ${longestChain} references`);
    if (plain.has(pointer)) return;
    plain.set(pointer, { schema, pointer });
    const longer = [...chain, pointer];
    if (schema['$ref'] !== undefined) enter(places.resolve(schema['$ref'], `${pointer}/$ref`), false, longer);
    if (schema['allOf'] !== undefined) {
      for (const each of places.list(schema['allOf'], `${pointer}/allOf`)) enter(each, false, longer);
    }
    for (const keyword of ['anyOf', 'oneOf']) {
      if (schema[keyword] !== undefined) choices.push(places.list(schema[keyword], `${pointer}/${keyword}`));
    }
  };
  for (const { located, bare } of conjunction) enter(located, bare, []);
  return { plain: [...plain.values()], choices, never };
}
