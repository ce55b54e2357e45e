import { acceptsText, type Automaton, intersectionOf, without } from '../../grammar/automaton.js';
import { codePoints } from '../../grammar/char-set.js';
import type { Budget } from '../../grammar/limits.js';
import type { Sequence } from '../../grammar/rules.js';
import { type Conjunction, conjunctionOf } from '../schema/conjunction.js';
import type { Facts } from '../schema/facts.js';
import type { ObjectSource } from '../schema/keywords.js';
import type { Located, Places } from '../schema/located.js';
import type { FreeProperties, NamedProperty, ObjectShape } from './objects.js';
import type { StringAutomata } from './strings.js';

/** What {@link objectShape} needs from the compiler. */
interface Tools {
  readonly places: Places;
  readonly strings: StringAutomata;
  readonly budget: Budget;
  namesOf(names: Conjunction): { readonly automaton: Automaton; readonly listed: readonly string[] | null };
  value(conjunction: Conjunction): Sequence;
}

/** A keyword `patternProperties` matches these names. */
interface Pattern {
  readonly source: ObjectSource;
  readonly automaton: Automaton;
  readonly schema: Located;
}

/** Names that the same patterns match. */
interface NameClass {
  readonly names: Automaton;
  readonly patterns: readonly Pattern[];
}

/** What several schemas together say about the properties of an object. */
export function objectShape({ object, isVague }: Pick<Facts, 'object' | 'isVague'>, tools: Tools): ObjectShape {
  const { sources } = object;
  const allowed = tools.namesOf(conjunctionOf(...object.names));
  /** Schemas with a pattern that is left out: any other name may match it. */
  const vague = new Set<ObjectSource>();
  const patterns = sources.flatMap((source) =>
    [...source.patternProperties].flatMap(([regex, schema]) => {
      const automaton = tools.strings.regex(regex, schema.pointer);
      if (automaton === null) vague.add(source);
      return automaton === null ? [] : [{ source, automaton, schema }];
    }),
  );
  /** All schemas for a property; for one with a free name, those of its patterns. */
  const schemasFor = (name: string | null, matching: readonly Pattern[]): readonly Located[] =>
    sources.flatMap((source) => {
      const own = name === null ? undefined : source.properties.get(name);
      const matched = matching.filter((pattern) => pattern.source === source).map(({ schema }) => schema);
      const described = own === undefined ? matched : [own, ...matched];
      if (described.length > 0) return described;
      return source.additional === null || vague.has(source) ? [] : [source.additional];
    });

  const names = new Set([...sources.flatMap((source) => [...source.properties.keys()]), ...object.required]);
  for (const name of allowed.listed ?? []) names.add(name);
  const listed = allowed.listed === null ? null : new Set(allowed.listed);
  const isAllowed = (name: string): boolean =>
    acceptsText(allowed.automaton, codePoints(name), tools.budget) && listed?.has(name) !== false;
  const named = [...names].flatMap((name): NamedProperty[] => {
    const required = object.required.has(name);
    if (!isAllowed(name)) return required ? [{ name, required, value: tools.value(never(object.names)) }] : [];
    const matching = patterns.filter(({ automaton }) => acceptsText(automaton, codePoints(name), tools.budget));
    return [{ name, required, value: tools.value(conjunctionOf(...schemasFor(name, matching))) }];
  });

  // If a schema names properties and says nothing about others, there are no others.
  const saysOthers = isVague || vague.size > 0 || sources.some(({ additional }) => additional !== null);
  const isOpen = saysOthers || (names.size === 0 && patterns.length === 0);
  const classes = listed === null ? classesOf(allowed.automaton, patterns, tools.budget) : [];
  const free = classes.flatMap((each): FreeProperties[] => {
    if (each.names.length === 0 || (each.patterns.length === 0 && !isOpen)) return [];
    const schemas = schemasFor(null, each.patterns);
    if (schemas.some(({ schema }) => schema === false)) return [];
    return [{ names: each.names, value: tools.value(conjunctionOf(...schemas)) }];
  });
  return { named, free, max: object.max, min: leastOf(object, named, free, tools.places) };
}

/** The schema of a property that `propertyNames` forbids. */
function never([names]: readonly Located[]): Conjunction {
  return conjunctionOf({ schema: false, pointer: names?.pointer ?? '' });
}

function classesOf(all: Automaton, patterns: readonly Pattern[], budget: Budget): readonly NameClass[] {
  return patterns
    .reduce<readonly NameClass[]>(
      (classes, pattern) =>
        classes.flatMap(({ names, patterns: matching }) => [
          {
            names: intersectionOf([names, pattern.automaton], budget, 'patternProperties'),
            patterns: [...matching, pattern],
          },
          { names: without(names, [pattern.automaton], budget, 'patternProperties'), patterns: matching },
        ]),
      [{ names: all, patterns: [] }],
    )
    .filter(({ names }) => names.length > 0);
}

/** The number of properties that has to be counted: none if the required ones suffice. */
function leastOf(
  { min, minPointer }: Facts['object'],
  named: readonly NamedProperty[],
  free: readonly FreeProperties[],
  places: Places,
): number {
  const required = named.filter((property) => property.required).length;
  if (min <= required) return 0;
  if (free.length > 0 && min > required + 1) {
    places.leaveOut(
      minPointer,
      'more than one property with a free name cannot be required: their names might be the same',
    );
    return 0;
  }
  return min;
}
