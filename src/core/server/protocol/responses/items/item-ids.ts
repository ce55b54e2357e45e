import { randomBytes } from 'node:crypto';

/** What an item is called in its id. */
export type ItemPrefix = 'msg' | 'rs' | 'fc' | 'fco' | 'ctc' | 'ctco';

/** The key that the id of a response and those of its items share, so that an item leads to its response. */
export function newKey(): string {
  return randomBytes(24).toString('hex');
}

export function responseId(key: string): string {
  return `resp_${key}`;
}

/** The key in the id of a response; null for an id that was not made here. */
export function keyOf(id: string): string | null {
  return /^resp_([0-9a-f]{48})$/.exec(id)?.[1] ?? null;
}

/** @param place `in` for the input, `out` for the output */
export function itemId(prefix: ItemPrefix, key: string, place: 'in' | 'out', index: number): string {
  return beginningOf(prefix, key, place) + numberOf(index);
}

/** Makes the ids of one list. Their beginning is made once for each prefix, because there may be 36,000 ids. */
export function itemIds(key: string, place: 'in' | 'out'): (prefix: ItemPrefix, index: number) => string {
  const beginnings = new Map<ItemPrefix, string>();
  return (prefix, index) => {
    let beginning = beginnings.get(prefix);
    if (beginning === undefined) {
      beginning = beginningOf(prefix, key, place);
      beginnings.set(prefix, beginning);
    }
    return beginning + numberOf(index);
  };
}

function beginningOf(prefix: ItemPrefix, key: string, place: 'in' | 'out'): string {
  return `${prefix}_${key}${place === 'in' ? 'a' : 'b'}`;
}

function numberOf(index: number): string {
  return index.toString(16).padStart(4, '0');
}

/** The response that an item was made for; null for an id that was not made here. */
export function responseOfItem(id: string): string | null {
  const key = /^[a-z]+_([0-9a-f]{48})[ab][0-9a-f]{4,}$/.exec(id)?.[1];
  return key === undefined ? null : responseId(key);
}
