/**
 * Divides a list into parts that can be sent separately. An item that is longer than the limit is a part of its own.
 *
 * @param mostBytes of each part as JSON
 */
export function batches<T>(items: readonly T[], mostBytes: number): readonly (readonly T[])[] {
  const all: T[][] = [];
  let current: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const more = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (current.length > 0 && bytes + more > mostBytes) {
      all.push(current);
      current = [];
      bytes = 0;
    }
    current.push(item);
    bytes += more;
  }
  if (current.length > 0) all.push(current);
  return all;
}
