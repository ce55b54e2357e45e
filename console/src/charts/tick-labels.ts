/**
 * The labels of an axis. A tick whose number, rounded, is that of its neighbour has none, and decimals that are zero at every tick
 * are left out.
 */
export function tickLabels(ticks: readonly number[], format: (value: number) => string): (string | null)[] {
  const texts = ticks.map((tick) => (tick === 0 ? '0' : format(tick)));
  const short = texts.some((text) => /\.\d*[1-9]/.test(text)) ? texts : texts.map((text) => text.replace(/\.0+/, ''));
  return short.map((text, index) => (text === short[index + 1] ? null : text));
}
