import { type Markup, markup } from '../text/markup.js';

/** How a cell is shown where its row is a card: as its title, beside it, or with its name in front of it. */
type CardPlace = 'title' | 'verdict' | 'named';

export interface CardColumn {
  readonly heading: string;
  readonly place: CardPlace;
}

/**
 * A table with a line of headings. On narrow screens, each row is a card, in which every cell has its name. The roles
 * restore the meaning that browsers drop from a table with a different layout.
 */
export function cardsTable(columns: readonly CardColumn[], rows: readonly (readonly string[])[]): Markup {
  const headings = columns.map(({ heading }) => markup`<th scope="col" role="columnheader">${heading}</th>`);
  const body = rows.map((cells) => {
    const shown = columns.map(
      ({ heading, place }, index) =>
        markup`<td role="cell" class="${place}" data-name="${heading}">${cells[index] ?? ''}</td>`,
    );
    return markup`<tr role="row">${shown}</tr>`;
  });
  return markup`<div class="scroll"><table class="cards groups" role="table"><thead role="rowgroup"><tr role="row">${headings}</tr></thead><tbody role="rowgroup">${body}</tbody></table></div>`;
}
