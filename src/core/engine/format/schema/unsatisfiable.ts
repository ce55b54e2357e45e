import type { ChatstreamError } from '../../../base/errors.js';
import { type Conjunction, takeApart } from './conjunction.js';
import { type Facts, factsOf } from './facts.js';
import { constrains, kindOfKeyword } from './kinds.js';
import type { Places } from './located.js';
import { schemaProblem } from './problems.js';

/** Keywords that lead to schemas of parts. They are named after keywords that themselves restrict the value. */
const ofParts = new Set([
  'properties',
  'patternProperties',
  'additionalProperties',
  'propertyNames',
  'items',
  'prefixItems',
  'additionalItems',
]);

/** Most places that an error names. */
const mostPlaces = 4;

/** The error about schemas that together allow nothing. It names the keywords that may contradict each other. */
export function unsatisfiable(conjunction: Conjunction, places: Places): ChatstreamError {
  const parted = takeApart(conjunction, places);
  const pointers = parted.never === null ? contradiction(parted.plain, factsOf(parted, places)) : [parted.never];
  const [first = parted.plain[0]?.pointer ?? '', ...others] = pointers.slice(0, mostPlaces);
  const together = others.length === 0 ? '' : ` together with ${others.join(', ')}`;
  return schemaProblem(places.subject, first, `no output can satisfy it${together}`);
}

function contradiction(plain: ReturnType<typeof takeApart>['plain'], facts: Facts): readonly string[] {
  const placesOf = (isWanted: (keyword: string) => boolean): readonly string[] =>
    plain.flatMap(({ schema, pointer }) =>
      Object.keys(schema)
        .filter(isWanted)
        .map((keyword) => `${pointer}/${keyword}`),
    );
  if (facts.values !== null) {
    const isList = (keyword: string): boolean => keyword === 'enum' || keyword === 'const';
    return [...placesOf(isList), ...placesOf((keyword) => constrains(keyword) && !isList(keyword))];
  }
  if (facts.kinds.size === 0) return placesOf((keyword) => keyword === 'type');
  const isAbout = (keyword: string): boolean => {
    const kind = kindOfKeyword.get(keyword);
    return kind !== undefined && facts.kinds.has(kind);
  };
  return [
    ...placesOf((keyword) => isAbout(keyword) && !ofParts.has(keyword)),
    ...placesOf((keyword) => isAbout(keyword) && ofParts.has(keyword)),
    ...(facts.integer ? placesOf((keyword) => keyword === 'type') : []),
  ];
}
