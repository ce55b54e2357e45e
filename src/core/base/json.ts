/** A member of a value from `JSON.parse`; undefined if it has no member of this name. */
export function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

/** Whether the value is an object, which may be an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The items of an array; no items of anything else. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is a string that is not empty, else null. */
export function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The value if it is a finite number of 0 or more, else null. */
export function amount(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

const [quote, backslash, openObject, openList, closeObject, closeList] = [0x22, 0x5c, 0x7b, 0x5b, 0x7d, 0x5d];

/**
 * Whether a JSON text has more levels of objects and lists than `most`, in time that is linear in its length.
 * Of a text that is not JSON, it says something that does not matter.
 */
export function isNestedDeeper(text: string, most: number): boolean {
  let level = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case openObject:
      case openList:
        level += 1;
        if (level > most) return true;
        break;
      case closeObject:
      case closeList:
        level -= 1;
        break;
      case quote:
        at = endOfString(text, at);
    }
  }
  return false;
}

/** @returns the position of the quote that ends a string; the length of the text if it does not end */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (first - 1 > start && text.charCodeAt(first - 1) === backslash) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
