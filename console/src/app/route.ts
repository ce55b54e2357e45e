import { signal } from '@preact/signals';
import { type ViewId, viewIds } from './views.js';

/** The view that is shown: `#/queue`, `#/charts`, `#/chat`. */
export const route = signal<ViewId>(fromHash());

addEventListener('hashchange', () => {
  route.value = fromHash();
});

function fromHash(): ViewId {
  const name = location.hash.replace(/^#\/?/, '');
  return viewIds.find((id) => id === name) ?? 'queue';
}
