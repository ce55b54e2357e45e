/** How much a card of a running request shows. */
export type Density = 'full' | 'short' | 'tile';

export interface Layout {
  readonly density: Density;
  readonly columns: number;
  /** How many cards have room. */
  readonly shown: number;
  /** In rem. */
  readonly rowHeight: number;
}

/** In rem. */
export interface Area {
  readonly width: number;
  readonly height: number;
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly tallest: number;
  readonly gap: number;
}

/** In rem. */
const shapes: Readonly<Record<Density, Shape>> = {
  full: { width: 14, height: 8.5, tallest: 15, gap: 0.75 },
  short: { width: 10.5, height: 4, tallest: 5.5, gap: 0.5 },
  tile: { width: 4.25, height: 2.5, tallest: 3.25, gap: 0.375 },
};

/** The gap between cards, in rem. */
export function gapOf(density: Density): number {
  return shapes[density].gap;
}

/**
 * Arranges cards in an area: as much of each as there is room for, and as large as possible.
 * @param places - How many there are.
 * @param width - Of the area, in rem.
 * @param height - Of the area, in rem.
 */
export function arrange(places: number, width: number, height: number): Layout {
  for (const density of ['full', 'short', 'tile'] as const) {
    const shape = shapes[density];
    const most = fitting(width, shape.width, shape.gap);
    const rows = fitting(height, shape.height, shape.gap);
    if (most * rows < places && density !== 'tile') continue;
    // Wide cards are pleasant while their rows still fit.
    let columns = most;
    while (columns > 1 && rowHeight(Math.ceil(places / (columns - 1)), height, shape) >= shape.height * 1.25)
      columns -= 1;
    const used = Math.min(rows, Math.max(1, Math.ceil(places / columns)));
    return {
      density,
      columns: Math.min(columns, Math.max(1, places)),
      shown: Math.min(places, most * rows),
      rowHeight: Math.min(shape.tallest, Math.max(shape.height, rowHeight(used, height, shape))),
    };
  }
  throw new Error('The smallest density always returns.');
}

function fitting(room: number, size: number, gap: number): number {
  return Math.max(1, Math.floor((room + gap) / (size + gap)));
}

function rowHeight(rows: number, height: number, { gap }: Shape): number {
  return (height + gap) / rows - gap;
}
