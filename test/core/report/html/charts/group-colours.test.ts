import { describe, expect, it } from 'vitest';
import { groupStyle } from '../../../../../src/core/report/html/charts/legend.js';
import { stylesheet } from '../../../../../src/core/report/html/stylesheet.js';

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** How people see linear RGB: with three kinds of cones, or without one of them (Machado, Oliveira and Fernandes 2009). */
const eyes: Readonly<Record<string, Matrix>> = {
  trichromacy: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Ottosson's Oklab, in which equal distances look about equal; black and white are 1 apart. */
const cones: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const opponents: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

const paper = { light: '#ffffff', dark: '#111113' } as const;

function times(matrix: Matrix, [x, y, z]: Triple): Triple {
  const row = ([a, b, c]: Triple): number => a * x + b * y + c * z;
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

function each([x, y, z]: Triple, change: (value: number) => number): Triple {
  return [change(x), change(y), change(z)];
}

/** Of `#rrggbb`. */
function linear(colour: string): Triple {
  const at = (from: number): number => Number.parseInt(colour.slice(from, from + 2), 16) / 255;
  return each([at(1), at(3), at(5)], (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
}

function distance(one: string, other: string, eye: Matrix): number {
  const [a, b] = [one, other].map((colour) => {
    const seen = each(times(eye, linear(colour)), (value) => Math.min(1, Math.max(0, value)));
    return times(opponents, each(times(cones, seen), Math.cbrt));
  });
  if (a === undefined || b === undefined) return 0;
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** As WCAG has it. */
function contrast(one: string, other: string): number {
  const [a = 0, b = 0] = [one, other].map((colour) => {
    const [red, green, blue] = linear(colour);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** What a variable of the stylesheet stands for, in the light and in the dark. */
function valuesOf(colour: string): { readonly light: string; readonly dark: string } {
  const name = /^var\((--\w+)\)$/.exec(colour)?.[1] ?? '';
  const [light = '', dark = ''] = [...stylesheet.matchAll(new RegExp(`${name}: (#[0-9a-f]{6})`, 'g'))].map(
    ([, value = '']) => value,
  );
  return { light, dark };
}

const styles = Array.from({ length: 24 }, (_, index) => groupStyle(index));
const colours = [...new Set(styles.map(({ colour }) => colour))];

describe.each(['light', 'dark'] as const)('the colours of groups in the %s', (theme) => {
  const shown = colours.map((colour) => valuesOf(colour)[theme]);

  it.each(Object.entries(eyes))('differ from each other with %s', (_name, eye) => {
    const pairs = shown.flatMap((one, index) => shown.slice(index + 1).map((other) => [one, other] as const));
    expect(pairs).toHaveLength((shown.length * (shown.length - 1)) / 2);
    // Eight shades of one hue are 0.06 apart.
    expect(pairs.filter(([one, other]) => distance(one, other, eye) < 0.09)).toEqual([]);
  });

  it('stand out from the paper', () => {
    expect(stylesheet).toContain(`--paper: ${paper[theme]}`);
    expect(shown.filter((colour) => contrast(colour, paper[theme]) < 3)).toEqual([]);
  });
});

it('gives each of 24 groups a colour or a dash of its own', () => {
  expect(colours.length).toBeGreaterThanOrEqual(8);
  expect(new Set(styles.map(({ colour, dash }) => `${colour} ${String(dash)}`)).size).toBe(styles.length);
});
