import type { Automaton } from '../grammar/automaton.js';
import type { RuleItem } from '../grammar/rules.js';
import { conjunctionOf, takeApart } from './schema/conjunction.js';
import { factsOf } from './schema/facts.js';
import type { Kind } from './schema/kinds.js';
import type { Located, Places } from './schema/located.js';
import type { SchemaCompiler } from './schema-compiler.js';

/** A property of an object, for formats that do not write objects as JSON. */
export interface SchemaProperty {
  readonly name: string;
  readonly isRequired: boolean;
  /** The rule for its values. */
  readonly value: () => RuleItem;
  /** The rule for its values of some kinds. These must not include kinds that its schema does not mention. */
  readonly ofKinds: (kinds: readonly Kind[]) => RuleItem;
  /**
   * The strings among its values, if there are any.
   *
   * @param longest the longest `maxLength`, and `minLength`, that is counted
   */
  readonly strings: (longest: number) => Automaton;
}

/**
 * The properties that an object schema names, one by one. Others, which `additionalProperties` may allow, are left out.
 *
 * @returns null if they depend on each other, or are not named at all
 */
export function propertiesOf(
  root: Located,
  places: Places,
  compiler: SchemaCompiler,
): readonly SchemaProperty[] | null {
  const parted = takeApart(conjunctionOf(root), places);
  if (parted.never !== null || parted.choices.length > 0) return null;
  const { values, kinds, object, isVague } = factsOf(parted, places);
  const { sources, required } = object;
  if (values !== null || !kinds.has('object') || object.names.length > 0 || isVague) return null;
  if (sources.some(({ patternProperties }) => patternProperties.size > 0)) return null;
  const names = new Set([...sources.flatMap(({ properties }) => [...properties.keys()]), ...required]);
  const isOpen = sources.every(({ additional }) => additional?.schema !== false);
  if (names.size === 0 && isOpen) return null;
  if (object.min > required.size || object.max < names.size) return null;
  return [...names].map((name) => {
    const schemas = sources.flatMap(({ properties, additional }) => properties.get(name) ?? additional ?? []);
    return {
      name,
      isRequired: required.has(name),
      value: () => compiler.compile(...schemas),
      ofKinds: (some) => {
        const type: Located = { schema: { type: some }, pointer: `kinds ${some.join()}` };
        return compiler.compile(...schemas, type);
      },
      strings: (longest) => compiler.strings(longest, ...schemas),
    };
  });
}
