const partPattern = /-(\d{5})-of-(\d{5})(\.gguf)$/i;

/** More parts than anyone has ever made; a name that claims more is no part's name. */
const mostParts = 1000;

/**
 * The names of all parts of a split model, first to last, given any of them (a name, path or URL without a query); the
 * name alone if it is none.
 */
export function partsOf(name: string): readonly [string, ...string[]] {
  const match = partPattern.exec(name);
  const total = Number(match?.[2] ?? 0);
  if (match === null || total < 1 || total > mostParts) return [name];
  const stem = name.slice(0, match.index);
  const ending = `-of-${match[2] ?? ''}${match[3] ?? ''}`;
  const part = (number: number): string => `${stem}-${String(number).padStart(5, '0')}${ending}`;
  return [part(1), ...Array.from({ length: total - 1 }, (_, index) => part(index + 2))];
}
