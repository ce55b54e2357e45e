/** The first of the values that is a text and not empty; null if none is. */
export function firstOf(values: readonly unknown[], textIn: (value: unknown) => string | null): string | null {
  for (const value of values) {
    const text = textIn(value);
    if (text !== null) return text;
  }
  return null;
}
