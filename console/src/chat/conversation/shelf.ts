import type { Conversation } from './conversation.js';
import { fileOf, readFile } from './file.js';

/** What of the browser's `localStorage` is needed. */
export interface Store {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** The conversations that the browser keeps, each as an entry of its own. */
export interface Shelf {
  /** The newest first. Entries that cannot be read are left out. */
  list(): readonly Conversation[];
  read(id: string): Conversation | undefined;
  /** @returns whether it was kept. The oldest ones make room, but none of `open`. */
  keep(conversation: Conversation, open: ReadonlySet<string>): boolean;
  remove(id: string): void;
}

const prefix = 'chatstream.chat.conversation.';

/** Conversations that are kept at most. A browser gives a page about 5 million characters. */
export const shelfSize = 100;

/** @param store - undefined where the browser keeps nothing. */
export function createShelf(store: Store | undefined): Shelf {
  const ids = (): readonly string[] =>
    Array.from({ length: store?.length ?? 0 }, (_, index) => store?.key(index) ?? '')
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));

  const read = (id: string): Conversation | undefined => {
    const text = store?.getItem(prefix + id) ?? null;
    const reading = text === null ? null : readFile(text);
    return reading?.status === 'read' ? reading.conversations[0] : undefined;
  };

  const list = (): readonly Conversation[] =>
    ids()
      .map(read)
      .filter((conversation) => conversation !== undefined)
      .sort((one, other) => other.changedAtMs - one.changedAtMs);

  const remove = (id: string): void => store?.removeItem(prefix + id);

  const removeOldest = (open: ReadonlySet<string>): boolean => {
    const oldest = list().findLast(({ id }) => !open.has(id));
    if (oldest === undefined) return false;
    remove(oldest.id);
    return true;
  };

  return {
    list,
    read,
    remove,
    keep(conversation, open) {
      if (store === undefined) return false;
      const text = fileOf([conversation], 0);
      for (;;) {
        try {
          store.setItem(prefix + conversation.id, text);
          break;
        } catch {
          // Full.
          if (!removeOldest(new Set([...open, conversation.id]))) return false;
        }
      }
      while (ids().length > shelfSize && removeOldest(new Set([...open, conversation.id])));
      return true;
    },
  };
}
