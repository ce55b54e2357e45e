/** The first text that one of the values has; null if none has any. */
export function firstOf(values: readonly unknown[], textIn: (value: unknown) => string | null): string | null {
  for (const value of values) {
    const text = textIn(value);
    if (text !== null) return text;
  }
  return null;
}
