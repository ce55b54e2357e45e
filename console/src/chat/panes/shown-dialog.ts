import { signal } from '@preact/signals';
import type { Pane } from './pane.js';

type ShownDialog =
  | { readonly type: 'none' }
  | { readonly type: 'settings'; readonly pane: Pane }
  | { readonly type: 'kept'; readonly pane: Pane };

/** The dialog of a pane that is open. */
export const shownDialog = signal<ShownDialog>({ type: 'none' });
