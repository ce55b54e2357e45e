import type { PlotOptions } from '@observablehq/plot';
import { Markup, markup } from '../../text/markup.js';
import { draw, type Drawing, type PlotLibrary } from './draw.js';

/** Every picture is drawn twice: one that is made smaller for a telephone has unreadable text. */
export interface Layout {
  readonly type: 'wide' | 'narrow';
  readonly width: number;
}

const layouts: readonly Layout[] = [
  { type: 'wide', width: 928 },
  { type: 'narrow', width: 352 },
];

/** One of several pictures below each other that share their x axis. */
export interface Panel {
  /** With the unit; empty if the figure's title says it. */
  readonly name: string;
  readonly options: (layout: Layout) => PlotOptions;
}

/** A point of a figure whose values can be read: with the pointer, or one after the other with the arrow keys. */
export interface Reading {
  readonly x: number | string;
  /** In which panel, and where in it; without, the reading is about all panels. */
  readonly at?: { readonly panel: number; readonly scale: 'y' | 'fy'; readonly value: number | string };
  readonly heading: string;
  readonly values: readonly (readonly [name: string, value: string])[];
}

export interface Figure {
  readonly title: string;
  /** What it shows, for people who do not see it. */
  readonly label: string;
  /** Legend and explanation. */
  readonly caption: readonly Markup[];
  readonly panels: readonly Panel[];
  /** In the order of the arrow keys. */
  readonly readings: readonly Reading[];
  /** Colours that only this figure has, as CSS custom properties. */
  readonly colours?: readonly string[];
}

/** Draws a figure in both widths, with the values that the page's script shows. */
export function figureMarkup(plot: PlotLibrary, figure: Figure): Markup {
  const drawn = layouts.map((layout) => ({
    layout,
    drawings: figure.panels.map((panel) => drawPanel(plot, panel, layout)),
  }));
  const [wide, narrow] = drawn.map(({ drawings }) => figure.readings.map((reading) => positionOf(reading, drawings)));
  const readings = figure.readings.map(({ heading, values }, index) => ({
    heading,
    values,
    wide: wide?.[index] ?? null,
    narrow: narrow?.[index] ?? null,
  }));
  const hint = readings.length === 0 ? '' : ' Arrow keys read its values.';
  const properties = (figure.colours ?? []).map((colour, index) => `--s${index}:${colour}`).join(';');
  return markup`<figure class="chart" tabindex="0" role="group" aria-label="${figure.label}.${hint}" style="${properties}">
<figcaption><h2>${figure.title}</h2><p>${figure.caption}</p></figcaption>
${drawn.map(({ layout, drawings }) => markup`<div class="layout ${layout.type}">${drawings.map(({ svg }, index) => panelMarkup(figure.panels[index]?.name ?? '', svg))}</div>`)}
<div class="cross" hidden></div><div class="tip" role="status" hidden></div>
${jsonMarkup(readings)}
</figure>`;
}

/** Data for the page's script, which cannot end its element. */
export function jsonMarkup(data: unknown, id = ''): Markup {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return markup`<script type="application/json"${id === '' ? '' : markup` id="${id}"`}>${new Markup(json)}</script>`;
}

function panelMarkup(name: string, svg: Markup): Markup {
  return markup`<div class="panel">${name === '' ? '' : markup`<h3>${name}</h3>`}${svg}</div>`;
}

function drawPanel(plot: PlotLibrary, { options }: Panel, layout: Layout): Drawing {
  return draw(plot, { width: layout.width, marginRight: 16, ...options(layout) });
}

/** In pixels of the drawing: x, or x, y and the panel. Null for what is outside of it. */
function positionOf({ x, at }: Reading, drawings: readonly Drawing[]): readonly number[] | null {
  const left = drawings[at?.panel ?? 0]?.position('x', x) ?? null;
  if (left === null) return null;
  if (at === undefined) return [round(left)];
  const top = drawings[at.panel]?.position(at.scale, at.value) ?? null;
  return top === null ? null : [round(left), round(top), at.panel];
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
