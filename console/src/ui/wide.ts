import { signal } from '@preact/signals';

const query = matchMedia('(min-width: 1000px) and (min-height: 480px)');

/** Whether a view fits the window without scrolling. The same condition is in the views' CSS. */
export const isWide = signal(query.matches);

query.addEventListener('change', ({ matches }) => {
  isWide.value = matches;
});
