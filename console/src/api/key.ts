import { computed, signal } from '@preact/signals';

const storage = 'chatstream.key';

/** What the key dialog shows: nothing, a first question, or another one because the server refused the key. */
export type KeyQuestion = { readonly status: 'none' } | { readonly status: 'asked'; readonly refused: boolean };

export const keyQuestion = signal<KeyQuestion>({ status: 'none' });

/** The key of this tab. It is kept in the session only: closing the tab forgets it. */
export const apiKey = signal<string | undefined>(kept());

/**
 * Whether another key could show more: the server has keys, or has refused something to the key of this tab or to a page without
 * one.
 */
export const keysMatter = signal(false);

/** Whether the reader is offered to type a key: not on a server that has none, as far as it has shown. */
export const takesKeys = computed(() => apiKey.value !== undefined || keysMatter.value);

/** All requests that were refused wait for the same answer. */
let asking: { readonly answer: Promise<boolean>; readonly give: (given: boolean) => void } | undefined;

/**
 * Asks for a key.
 * @param refused - The key that the server did not take; undefined if none was sent.
 * @returns Whether there is another key now.
 */
export function askForKey(refused: string | undefined): Promise<boolean> {
  // The answer to an earlier question has come while this request was on its way.
  if (apiKey.value !== refused) return Promise.resolve(true);
  return ask(refused !== undefined);
}

/** Asks for another key because the reader wants one. @returns whether there is one now */
export function changeKey(): Promise<boolean> {
  return ask(false);
}

function ask(refused: boolean): Promise<boolean> {
  if (asking === undefined) {
    let give: (given: boolean) => void = () => undefined;
    const answer = new Promise<boolean>((resolve) => (give = resolve));
    asking = { answer, give };
    keyQuestion.value = { status: 'asked', refused };
  }
  return asking.answer;
}

/**
 * @param key - The key that was typed; undefined if the question was dismissed. A key that the server does not know is forgotten
 *   then: it may let in those that send none.
 */
export function answerKey(key: string | undefined): void {
  const question = keyQuestion.peek();
  if (key !== undefined || (question.status === 'asked' && question.refused)) keep(key);
  keyQuestion.value = { status: 'none' };
  asking?.give(key !== undefined);
  asking = undefined;
}

function keep(key: string | undefined): void {
  apiKey.value = key;
  try {
    if (key === undefined) sessionStorage.removeItem(storage);
    else sessionStorage.setItem(storage, key);
  } catch {
    // It is known until the page is loaded again.
  }
}

function kept(): string | undefined {
  try {
    return sessionStorage.getItem(storage) ?? undefined;
  } catch {
    return undefined;
  }
}
