import type { Feed, Reading } from '../../feed.js';

/**
 * Reads a JSON value and passes on its text, piece by piece as it arrives. It only looks for the end of the value,
 * because what a grammar has produced is valid.
 *
 * @returns whether a value was there and is complete
 */
export function* jsonValue(feed: Feed, emit: (text: string) => void): Reading<boolean> {
  const first = yield* feed.peek();
  if (first === null) return false;
  if (first === '"') return yield* stringText(feed, emit);
  if (first === '{' || first === '[') return yield* nested(feed, emit);
  if (!/[-\dtfn]/.test(first)) return false;
  yield* feed.while(/[-+.\w]/, emit);
  return true;
}

/** An object or a list, in which only brackets and strings matter. */
function* nested(feed: Feed, emit: (text: string) => void): Reading<boolean> {
  let depth = 0;
  for (;;) {
    yield* feed.while(/[^"{}[\]]/, emit);
    const char = yield* feed.peek();
    if (char === null) return false;
    if (char === '"') {
      if (!(yield* stringText(feed, emit))) return false;
      continue;
    }
    emit((yield* feed.char()) ?? '');
    depth += char === '{' || char === '[' ? 1 : -1;
    if (depth === 0) return true;
  }
}

function* stringText(feed: Feed, emit: (text: string) => void): Reading<boolean> {
  emit((yield* feed.char()) ?? '');
  for (;;) {
    yield* feed.while(/[^"\\]/, emit);
    const char = yield* feed.char();
    if (char === null) return false;
    if (char === '"') {
      emit(char);
      return true;
    }
    const escaped = yield* feed.char();
    emit(char + (escaped ?? ''));
    if (escaped === null) return false;
  }
}

/** Reads a JSON string. @returns its value; null if there is none, or it is not valid */
export function* jsonString(feed: Feed): Reading<string | null> {
  if ((yield* feed.peek()) !== '"') return null;
  let text = '';
  const isComplete = yield* stringText(feed, (piece) => {
    text += piece;
  });
  const value = isComplete ? parsed(text) : undefined;
  return typeof value === 'string' ? value : null;
}

/** The value of a JSON text; undefined if it is not valid. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
