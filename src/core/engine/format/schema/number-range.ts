import type { Bound } from './keywords.js';

/** A `multipleOf` and its location. */
export interface Multiple {
  readonly value: number;
  readonly pointer: string;
}

/** Which numbers are allowed. */
export interface NumberRange {
  readonly min: Bound | null;
  readonly max: Bound | null;
  readonly integer: boolean;
  readonly multiples: readonly Multiple[];
}

/** A number of 0 or more, as its digits; the fraction has no zeros at its end. */
export interface Decimal {
  readonly integer: string;
  readonly fraction: string;
}

/** The digits of the magnitude of a number, as `String` writes it. */
export function decimalOf(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(Math.abs(value)).split('e');
  const [whole = '', decimals = ''] = mantissa.split('.');
  const shift = Number(exponent);
  const digits = '0'.repeat(Math.max(0, -shift)) + whole + decimals + '0'.repeat(Math.max(0, shift));
  const point = Math.max(0, -shift) + whole.length + shift;
  const integer = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const fraction = digits.slice(point).replace(/0+$/, '');
  return { integer: integer === '' ? '0' : integer, fraction };
}

/** Whether a number that a schema lists is in a range, however many digits it has. */
export function isInRange(value: number, { min, max, integer, multiples }: NumberRange): boolean {
  if (integer && !Number.isInteger(value)) return false;
  if (min !== null && (min.exclusive ? value <= min.value : value < min.value)) return false;
  if (max !== null && (max.exclusive ? value >= max.value : value > max.value)) return false;
  return multiples.every((multiple) => isMultiple(decimalOf(value), decimalOf(multiple.value)));
}

function isMultiple(value: Decimal, unit: Decimal): boolean {
  const decimals = Math.max(value.fraction.length, unit.fraction.length);
  const scaled = ({ integer, fraction }: Decimal): bigint => BigInt(integer + fraction.padEnd(decimals, '0'));
  return scaled(value) % scaled(unit) === 0n;
}
