/**
 * The next value above or below: ones up to 20, then fives, fifties, and so on, so that any value is a few steps away.
 * @param direction - 1 or -1.
 */
export function stepped(value: number, direction: 1 | -1): number {
  const size = stepSize(direction === 1 ? value : value - 1);
  return direction === 1 ? Math.floor(value / size) * size + size : Math.ceil(value / size) * size - size;
}

function stepSize(value: number): number {
  return value < 20 ? 1 : 10 ** Math.floor(Math.log10(value / 2)) / 2;
}
