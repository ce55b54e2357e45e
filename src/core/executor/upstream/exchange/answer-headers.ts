/** Headers as they come: one that is repeated has all of its values. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The same with one value for each. */
export type SingleHeaders = Readonly<Record<string, string | undefined>>;

/** Of a header that is repeated, which none should be here, the first value counts. */
export function singleHeaders(all: AnswerHeaders): SingleHeaders {
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value] as const),
  );
}

/** How a body is compressed, in small letters; `identity` if it is not. */
export function codingOf(headers: SingleHeaders): string {
  const coding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  return coding === '' ? 'identity' : coding;
}
