import type { Feed, Reading } from '../../feed.js';
import type { ValueShape } from './parameter-kinds.js';
import { valueText } from './parameter-text.js';

/** Deepest nesting that is read: each level is a coroutine in another one. */
const deepest = 100;

/** The name of the elements that are items of a list. */
const item = 'item';

/**
 * Reads a value that is a text, or a tree of elements, and the mark after it.
 *
 * @param prefix what comes before each mark
 * @param name the name of the element whose value it is
 * @returns the value as JSON; null if it is not complete
 */
export function* elementsText(
  feed: Feed,
  prefix: string,
  name: string,
  shape: ValueShape,
  depth = 0,
): Reading<string | null> {
  if (depth > deepest) return null;
  let text = '';
  const add = (piece: string): void => {
    text += piece;
  };
  const members: string[] = [];
  let hasItems = false;
  for (;;) {
    if ((yield* feed.until([prefix], add)) === null) return null;
    if (yield* feed.literal(`</${name}>`)) break;
    if (!(yield* feed.literal('<'))) return null;
    let child = '';
    const isNamed = yield* feed.until(['>'], (piece) => {
      child += piece;
    });
    if (isNamed === null) return null;
    hasItems ||= child === item && shape.kinds.has('array');
    const inner = hasItems ? shape.item() : shape.property(child);
    const json: string | null = yield* elementsText(feed, prefix, child, inner, depth + 1);
    if (json === null) return null;
    members.push(hasItems ? json : `${JSON.stringify(child)}:${json}`);
  }
  if (members.length > 0) return hasItems ? `[${members.join()}]` : `{${members.join()}}`;
  const isEmpty = text.trim() === '' && !shape.kinds.has('string');
  if (isEmpty && shape.kinds.has('array')) return '[]';
  return isEmpty && shape.kinds.has('object') ? '{}' : valueText(text, shape.kinds);
}
