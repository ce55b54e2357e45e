/** What is asked of a `KeyboardEvent`. */
interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
  /** Deprecated, but there is nothing else to tell it by in Safari. */
  readonly keyCode: number;
}

/** Whether a key is Enter and nothing else. Where Japanese is typed, Enter also chooses a word. */
export function isPlainEnter(event: Key): boolean {
  return event.key === 'Enter' && !event.shiftKey && !belongsToWord(event);
}

/** Whether a key is Escape and nothing else. Where Japanese is typed, Escape also gives a word up. */
export function isPlainEscape(event: Key): boolean {
  return event.key === 'Escape' && !belongsToWord(event);
}

/**
 * Whether a key is meant for a word that is being composed. Safari ends the composition before it tells of the key, which it
 * marks by the code 229 only.
 */
function belongsToWord(event: Key): boolean {
  return event.isComposing || event.keyCode === 229;
}
