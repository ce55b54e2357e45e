import type * as Plot from '@observablehq/plot';
import { Markup } from '../../text/markup.js';
import { svgDocument, SvgElement } from './svg-element.js';

/** Observable Plot, which is loaded only when something is drawn: it takes 0.2 s. */
export type PlotLibrary = typeof Plot;

export async function loadPlot(): Promise<PlotLibrary> {
  return await import('@observablehq/plot');
}

/** A picture, and where values lie in it. */
export interface Drawing {
  readonly svg: Markup;
  /** In pixels; null for a value that is not on the scale. */
  position(scale: 'x' | 'y' | 'fy', value: number | string): number | null;
}

/** Draws without a browser. */
export function draw({ plot }: PlotLibrary, options: Plot.PlotOptions): Drawing {
  const drawn: unknown = plot({ ...options, document: svgDocument, className: 'plot' });
  if (!(drawn instanceof SvgElement)) throw new Error('Plot did not draw an SVG.');
  // The figure around it says what it shows.
  drawn.setAttribute('aria-hidden', 'true');
  return {
    svg: new Markup(drawn.markup),
    position(scale, value) {
      const found = drawn.scale?.(scale);
      const at = found?.apply?.(value);
      // The middle of a band, not its beginning.
      return typeof at === 'number' && Number.isFinite(at) ? at + (found?.bandwidth ?? 0) / 2 : null;
    },
  };
}
