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

/** How many colours the stylesheet has for groups, all of which people with any colour vision can tell apart. */
const groupColours = 8;

/** Of lines whose colour another group has already. */
const dashes = [null, '7 3', '2 3'] as const;

/** How groups without an order are distinguished: by hue, and if there are more groups than hues, also by dashes. */
export function groupStyle(index: number): { readonly colour: string; readonly dash: string | null } {
  return {
    colour: `var(--g${index % groupColours})`,
    dash: dashes[Math.floor(index / groupColours) % dashes.length] ?? null,
  };
}
