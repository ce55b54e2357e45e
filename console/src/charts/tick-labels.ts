/** As in `5 m 30 s`, and not in `30 s`. */
const secondPart = / \d+ \D+$/;

/** As in `5 m 00 s`. */
const zeroPart = / 00 \D+$/;

/**
 * The labels of an axis. A tick whose number, rounded, is that of its neighbour has none. What is zero at every tick is left out:
 * decimals, and the seconds of minutes or the minutes of hours.
 */
export function tickLabels(ticks: readonly number[], format: (value: number) => string): (string | null)[] {
  const texts = ticks.map((tick) => (tick === 0 ? '0' : format(tick)));
  const whole = texts.some((text) => /\.\d*[1-9]/.test(text)) ? texts : texts.map((text) => text.replace(/\.0+/, ''));
  const isRound = whole.every((text) => !secondPart.test(text) || zeroPart.test(text));
  const short = isRound ? whole.map((text) => text.replace(zeroPart, '')) : whole;
  return short.map((text, index) => (text === short[index + 1] ? null : text));
}
