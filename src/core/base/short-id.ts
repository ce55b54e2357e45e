/** Identifiers of requests and answers: a UUID with or without a prefix such as `chatcmpl-`, or the digits after `msg_` or `resp_`. */
const made =
  /^(?:(?:\w+-)?([\da-f]{6})[\da-f]{2}-(?:[\da-f]{4}-){3}[\da-f]{12}|(?:msg|resp)_([\da-f]{6})[\da-f]{18,42})$/;

/**
 * The first six digits of an identifier that chatstream made, by which people can distinguish requests; any other text
 * unchanged.
 */
export function shortId(id: string): string {
  const [, ofUuid, ofDigits] = made.exec(id) ?? [];
  return ofUuid ?? ofDigits ?? id;
}
