/** Where a string is: in a list, in an object or alone, or as the name of a member. */
export type Place = 'value' | 'key';

/** A copy of a JSON value in which every string, and every key of an object, is changed. */
export function mapStrings(value: unknown, change: (text: string, place: Place) => string): unknown {
  if (typeof value === 'string') return change(value, 'value');
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (typeof value !== 'object' || value === null) return value;
  const members: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(members.map(([key, member]) => [change(key, 'key'), mapStrings(member, change)]));
}

/** All strings in a JSON value, including keys of objects. */
export function* stringsOf(
  value: unknown,
): Generator<{ readonly text: string; readonly place: Place }, void, undefined> {
  if (typeof value === 'string') {
    yield { text: value, place: 'value' };
  } else if (Array.isArray(value)) {
    for (const item of value) yield* stringsOf(item);
  } else if (typeof value === 'object' && value !== null) {
    const members: [string, unknown][] = Object.entries(value);
    for (const [key, member] of members) {
      yield { text: key, place: 'key' };
      yield* stringsOf(member);
    }
  }
}
