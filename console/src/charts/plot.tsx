import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Panel } from './panels.js';
import { newPlot, placeCursor } from './plot-options.js';
import { choose, chosenTime } from './shown.js';

interface Properties {
  readonly panel: Panel;
  /** Unix seconds. */
  readonly times: readonly number[];
  /** When the engine was started again, in Unix seconds. */
  readonly restarts: readonly number[];
}

/** The drawing of one panel. Its figures are in the panel's caption, so that it is hidden from screen readers. */
export function Plot({ panel, times, restarts }: Properties): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = useRef({ restarts, panel });
  data.current = { restarts, panel };

  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const made = newPlot(current, () => ({ ...data.current, cursorAt: chosenTime.peek() }), choose);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: current.clientWidth, height: current.clientHeight });
    });
    observer.observe(current);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData([[...times], ...panel.lines.map(({ values }) => [...values])]);
  });

  // The slider and the other charts move this one's cursor, too.
  useSignalEffect(() => {
    const at = chosenTime.value;
    if (plot.current !== undefined) placeCursor(plot.current, at);
  });

  return <div class="charts-plot" ref={element} aria-hidden="true" />;
}
