/** Eighths of a row, from the lowest. */
const heights = '▁▂▃▄▅▆▇█';

/** A horizontal bar of `width` columns, in two parts. */
export function bar(value: number, most: number, width: number): { readonly filled: string; readonly empty: string } {
  const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
  // What is there at all shows.
  const length = value > 0 ? Math.max(1, Math.round(share * width)) : 0;
  return { filled: '█'.repeat(length), empty: '░'.repeat(width - length) };
}

/**
 * The course of a value, one column for each, the latest on the right. The highest one that is shown fills its row; 0 is a
 * space.
 *
 * @param width columns; if there are more values, the latest are shown
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = width <= 0 ? [] : values.slice(-width);
  const most = Math.max(...shown, 0);
  return shown
    .map((value) => {
      if (value <= 0) return ' ';
      const step = Math.min(heights.length - 1, Math.ceil((value / most) * heights.length) - 1);
      return heights.charAt(Math.max(0, step));
    })
    .join('');
}
