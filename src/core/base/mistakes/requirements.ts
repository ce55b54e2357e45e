import { member } from '../json.js';

/** Something wrong with a value according to a JSON schema, as Ajv and TypeBox report it. */
interface Issue {
  readonly keyword: string;
  readonly params: object;
}

/** JSON's types in words. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  string: ['a string'],
  number: ['a number'],
  integer: ['a whole number'],
  boolean: ['true', 'false'],
  array: ['an array'],
  object: ['an object'],
  null: ['null'],
};

/** Used if {@link requirement} says nothing about a value, because the library's own words are not meant for people. */
export const notValid = 'is not valid';

/**
 * What a value must be, as the end of a sentence that begins with its name, such as "must be at most 2".
 *
 * @param alternatives all issues with the value: a value that may have several types has an issue for each of them
 * @returns null for a keyword that says nothing about the value itself, such as `required`, or nothing that fits into
 *   words, such as `pattern`
 */
export function requirement({ keyword, params }: Issue, alternatives: readonly Issue[]): string | null {
  const limit = Number(member(params, 'limit'));
  switch (keyword) {
    case 'type':
    case 'const':
    case 'enum':
      return `must be ${oneOf([...new Set(alternatives.flatMap(allowedBy))])}`;
    case 'minimum':
      return `must be at least ${limit}`;
    case 'maximum':
      return `must be at most ${limit}`;
    case 'exclusiveMinimum':
      return `must be greater than ${limit}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}`;
    case 'multipleOf':
      return `must be a multiple of ${String(member(params, 'multipleOf'))}`;
    case 'minLength':
      return atLeast(limit, 'character');
    case 'maxLength':
      return `must have at most ${counted(limit, 'character')}`;
    case 'minItems':
      return atLeast(limit, 'item');
    case 'maxItems':
      return `must have at most ${counted(limit, 'item')}`;
    case 'minProperties':
      return atLeast(limit, 'member');
    case 'maxProperties':
      return `must have at most ${counted(limit, 'member')}`;
    case 'uniqueItems':
      return 'must have each item once';
    default:
      return null;
  }
}

/** The types or values that an issue allows. */
function allowedBy({ keyword, params }: Issue): readonly string[] {
  switch (keyword) {
    case 'type':
      return [member(params, 'type')].flat().flatMap((type) => kinds[String(type)] ?? [String(type)]);
    case 'const':
      return [JSON.stringify(member(params, 'allowedValue'))];
    case 'enum':
      return [member(params, 'allowedValues')].flat().map((value) => JSON.stringify(value));
    default:
      return [];
  }
}

function atLeast(limit: number, what: string): string {
  return limit === 1 ? 'must not be empty' : `must have at least ${counted(limit, what)}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `a`, `a or b`, `a, b or c`. */
function oneOf(texts: readonly string[]): string {
  const last = texts.at(-1) ?? 'something else';
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} or ${last}`;
}
