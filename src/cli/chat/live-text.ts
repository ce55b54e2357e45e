/** Lines at the bottom of a terminal that grow and change. Its functions need no `this`. */
export interface LiveText {
  /** Replaces the shown text; only differences are redrawn. Each line has to fit into a row. */
  readonly show: (lines: readonly string[]) => void;
  /** Leaves the shown text where it is, and the cursor on the next row. */
  readonly close: () => void;
}

/**
 * Shows text that is still being written, such as a list whose last item grows. Lines that have scrolled out of the
 * window at its top can no longer be changed and stay as they were.
 */
export function showLiveText(output: Pick<NodeJS.WriteStream, 'write' | 'rows'>): LiveText {
  let drawn: readonly string[] = [];
  return {
    show(lines) {
      const change = changeOf(drawn, lines, output.rows > 0 ? output.rows : 24);
      if (change !== '') output.write(change);
      drawn = lines;
    },
    close() {
      if (drawn.length > 0) output.write('\n');
      drawn = [];
    },
  };
}

/** What to write to turn the drawn lines into the wanted ones, with the cursor at the end of the last line. */
function changeOf(drawn: readonly string[], wanted: readonly string[], rows: number): string {
  const differs = wanted.findIndex((line, index) => line !== drawn[index]);
  const same = differs === -1 ? wanted.length : differs;
  const reachable = Math.max(0, drawn.length - rows);
  if (same === drawn.length && same === wanted.length) return '';
  // If there are fewer lines now, the last of them is redrawn, and everything below it is removed.
  const from = Math.max(same < wanted.length ? same : Math.max(0, wanted.length - 1), reachable);
  if (drawn.length === 0) return wanted.join('\n');
  // The last line is often only longer than before.
  const last = drawn.at(-1) ?? '';
  const longer = wanted[drawn.length - 1] ?? '';
  if (from === drawn.length - 1 && longer.startsWith(last)) {
    return [longer.slice(last.length), ...wanted.slice(drawn.length)].join('\n');
  }
  if (from >= drawn.length) return `\n${wanted.slice(from).join('\n')}`;
  const up = drawn.length - 1 - from;
  return `\r${up > 0 ? `\u001b[${up}A` : ''}\u001b[J${wanted.slice(from).join('\n')}`;
}
