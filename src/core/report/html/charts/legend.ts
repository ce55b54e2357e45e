import { type Markup, markup } from '../../text/markup.js';

/** What a colour of the stylesheet stands for in a figure. */
export type ColourName =
  | 'first'
  | 'wait'
  | 'work'
  | 'other'
  | 'bad'
  | 'good'
  | 'limit'
  | 'prefill'
  | 'delivery'
  | 'client'
  | 'fit'
  /** The first two colours that a figure has of its own. */
  | 's0'
  | 's1';

export function key(colour: ColourName, name: string): Markup {
  return markup`<span class="key ${colour}">${name}</span>`;
}

export function legendLine(keys: readonly Markup[]): Markup {
  return markup`<span class="legend">${keys}</span>`;
}

/**
 * The colours of settings, from few to many: one hue that becomes stronger, because settings have an order, and because it
 * can be told apart without seeing colours.
 */
export function shades(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const percent = count === 1 ? 100 : Math.round((index / (count - 1)) * 100);
    return `color-mix(in oklab, var(--ramp-to) ${percent}%, var(--ramp-from))`;
  });
}
