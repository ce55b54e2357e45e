import type { Pane } from './pane.js';

/** Where the turns of a pane are in the page. */
export function turnsId({ id }: Pane): string {
  return `chat-turns-${id}`;
}

/** For when what had the focus is gone. Not the message: on a phone, that would open the keyboard. */
export function focusTurns(pane: Pane): void {
  document.getElementById(turnsId(pane))?.focus();
}
