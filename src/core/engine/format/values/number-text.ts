import { type Automaton, explore } from '../../grammar/automaton.js';
import { singleChar } from '../../grammar/char-set.js';
import type { Budget } from '../../grammar/limits.js';
import type { Bound } from '../schema/keywords.js';
import { type Decimal, decimalOf, type NumberRange } from '../schema/number-range.js';
import { Divisor } from './divisor.js';

/** How a magnitude compares with a bound. */
interface Limit extends Decimal {
  readonly exclusive: boolean;
}

interface Side {
  readonly negative: boolean;
  readonly low: Limit;
  readonly high: Limit | null;
}

/** Largest number of digits before the point if no bound limits them. All such integers are below 2^63. */
const mostDigits = { integer: 18, number: 21 } as const;
const mostDecimals = 25;
/**
 * Different numbers of up to this many digits are different doubles. With more digits, a number could be rounded to an
 * exclusive bound, or to one that is not a multiple.
 */
const exactDigits = 15;

const nothing: Decimal = { integer: '0', fraction: '' };

/**
 * The texts of all numbers in a range, without exponents. Numbers have as many decimals as fit: 25, fewer where
 * `multipleOf` or an exclusive bound requires it.
 */
export function numberText(range: NumberRange, budget: Budget): Automaton {
  const machine = new NumberMachine(range);
  const places = range.multiples.map(({ pointer }) => pointer);
  return budget.at(places.join(' and '), () =>
    explore<Reading>(
      {
        start: { phase: 'start' },
        key: (state) => JSON.stringify(state),
        steps: (state) =>
          Array.from('-.0123456789').flatMap((char) => {
            const to = machine.after(state, char);
            return to === null ? [] : [{ chars: singleChar(char.charCodeAt(0)), to }];
          }),
        accepts: (state) => machine.accepts(state),
      },
      budget,
      'a range of numbers',
    ),
  );
}

/** The part of a number that has been read. */
type Reading =
  | { readonly phase: 'start' }
  | { readonly phase: 'minus' }
  | {
      /** A zero at the beginning stands alone. */
      readonly phase: 'zero' | 'integer' | 'point' | 'fraction';
      readonly negative: boolean;
      /** Digits so far: before the point, or after it. */
      readonly digits: number;
      /** Digits before and after the point that may still follow, where that matters. */
      readonly left: number;
      /** −1, 0, 1: below, equal to or above the digits of the bound so far. */
      readonly low: number;
      readonly high: number;
      /** Remainders for each of the divisors. */
      readonly rests: readonly number[];
    };

type Digits = Extract<Reading, { readonly digits: number }>;

class NumberMachine {
  readonly #integer: boolean;
  readonly #sides: readonly Side[];
  readonly #divisors: readonly Divisor[];
  readonly #mostInteger: number;
  readonly #mostFraction: number;
  readonly #isExact: boolean;

  constructor({ integer, multiples, ...range }: NumberRange) {
    const min = integer ? inclusive(range.min, Math.floor, 1) : range.min;
    const max = integer ? inclusive(range.max, Math.ceil, -1) : range.max;
    this.#isExact = multiples.length > 0 || min?.exclusive === true || max?.exclusive === true;
    this.#sides = sidesOf(min, max).map((side) => (this.#isExact ? withinDigits(side) : side));
    this.#divisors = multiples.map(({ value }) => new Divisor(value));
    const decimals = Math.min(mostDecimals, ...this.#divisors.map((divisor) => divisor.decimals));
    this.#integer = integer || decimals === 0;
    this.#mostFraction = this.#integer ? 0 : decimals;
    const free = integer ? mostDigits.integer : mostDigits.number;
    this.#mostInteger = Math.max(
      ...this.#sides.map(({ low, high }) => high?.integer.length ?? Math.max(free, low.integer.length + 1)),
    );
  }

  after(state: Reading, char: string): Reading | null {
    switch (state.phase) {
      case 'start':
        return char === '-' ? { phase: 'minus' } : this.#firstDigit(char, false);
      case 'minus':
        return this.#firstDigit(char, true);
      case 'zero':
        return char === '.' ? this.#point(state) : null;
      case 'integer':
        return char === '.' ? this.#point(state) : this.#digit(state, char);
      case 'point':
      case 'fraction':
        return this.#decimal(state, char);
    }
  }

  accepts(state: Reading): boolean {
    if (state.phase === 'start' || state.phase === 'minus' || state.phase === 'point') return false;
    const side = this.#sideOf(state.negative);
    if (side === undefined) return false;
    const { low, high } = side;
    const decimals = state.phase === 'fraction' ? state.digits : 0;
    const isDivisible = this.#divisors.every((divisor, index) => divisor.divides(state.rests[index] ?? 0, decimals));
    const aboveLow = compared(state, state.low, low);
    const aboveHigh = high === null ? -1 : compared(state, state.high, high);
    return (
      isDivisible &&
      (aboveLow > 0 || (aboveLow === 0 && !low.exclusive)) &&
      (aboveHigh < 0 || (aboveHigh === 0 && high?.exclusive === false))
    );
  }

  #sideOf(negative: boolean): Side | undefined {
    return this.#sides.find((side) => side.negative === negative);
  }

  #firstDigit(char: string, negative: boolean): Reading | null {
    const side = this.#sideOf(negative);
    if (side === undefined || !/[0-9]/.test(char)) return null;
    return {
      phase: char === '0' ? 'zero' : 'integer',
      negative,
      digits: 1,
      left: this.#isExact ? exactDigits - 1 : 0,
      low: comparedDigit(char, side.low.integer[0]),
      high: comparedDigit(char, side.high?.integer[0]),
      rests: this.#rests([], char),
    };
  }

  #point(state: Digits): Reading | null {
    const side = this.#sideOf(state.negative);
    if (side === undefined || this.#mostFraction === 0) return null;
    const low = comparedLength(state, state.low, side.low);
    const high = side.high === null ? 0 : comparedLength(state, state.high, side.high);
    return { ...state, phase: 'point', digits: 0, low, high };
  }

  #digit(state: Digits, char: string): Reading | null {
    const side = this.#sideOf(state.negative);
    const isFull = state.digits >= this.#mostInteger || this.#isFull(state);
    if (side === undefined || !/[0-9]/.test(char) || isFull) return null;
    return {
      ...state,
      digits: state.digits + 1,
      left: this.#isExact ? state.left - 1 : 0,
      low: nextCompared(state, state.low, side.low, char),
      high: side.high === null ? 0 : nextCompared(state, state.high, side.high, char),
      rests: this.#rests(state.rests, char),
    };
  }

  #isFull({ left }: Digits): boolean {
    return this.#isExact && left === 0;
  }

  #decimal(state: Digits, char: string): Reading | null {
    const side = this.#sideOf(state.negative);
    const isFull = state.digits >= this.#mostFraction || this.#isFull(state);
    if (side === undefined || !/[0-9]/.test(char) || isFull) return null;
    const { low, high } = side;
    return {
      ...state,
      phase: 'fraction',
      digits: state.digits + 1,
      left: this.#isExact ? state.left - 1 : 0,
      low: state.low === 0 ? comparedDigit(char, low.fraction[state.digits] ?? '0') : state.low,
      high: state.high === 0 && high !== null ? comparedDigit(char, high.fraction[state.digits] ?? '0') : state.high,
      rests: this.#rests(state.rests, char),
    };
  }

  #rests(rests: readonly number[], char: string): readonly number[] {
    return this.#divisors.map((divisor, index) => divisor.next(rests[index] ?? 0, Number(char)));
  }
}

/** An exclusive bound of integers as an inclusive one, where the next integer is a double. */
function inclusive(bound: Bound | null, round: (value: number) => number, step: number): Bound | null {
  if (bound?.exclusive !== true || !Number.isSafeInteger(round(bound.value) + step)) return bound;
  return { value: round(bound.value) + step, exclusive: false };
}

/** The magnitudes of the negative numbers of a range, and of the others. There is no −0. */
function sidesOf(min: Bound | null, max: Bound | null): Side[] {
  const limit = ({ value, exclusive }: Bound): Limit => ({ ...decimalOf(value), exclusive });
  const sides: Side[] = [];
  if (max === null || max.value >= 0) {
    const low = min === null || min.value < 0 ? { ...nothing, exclusive: false } : limit(min);
    sides.push({ negative: false, low, high: max === null ? null : limit(max) });
  }
  if (min === null || min.value < 0) {
    const low = max === null || max.value >= 0 ? { ...nothing, exclusive: true } : limit(max);
    sides.push({ negative: true, low, high: min === null ? null : limit(min) });
  }
  return sides;
}

/** Without a bound that no number of {@link exactDigits} digits exceeds. */
function withinDigits(side: Side): Side {
  return side.high !== null && side.high.integer.length > exactDigits ? { ...side, high: null } : side;
}

function comparedDigit(char: string, other: string | undefined): number {
  return other === undefined ? 0 : Math.sign(Number(char) - Number(other));
}

/** The comparison after one more digit before the point. */
function nextCompared({ digits }: Digits, so: number, { integer }: Decimal, char: string): number {
  if (digits >= integer.length) return 1;
  return so === 0 ? comparedDigit(char, integer[digits]) : so;
}

/** The comparison of all digits before the point. */
function comparedLength({ digits }: Digits, so: number, { integer }: Decimal): number {
  return digits === integer.length ? so : Math.sign(digits - integer.length);
}

/** The comparison of a number that ends here. */
function compared(state: Digits, so: number, bound: Decimal): number {
  const isFraction = state.phase === 'fraction';
  const sign = isFraction ? so : comparedLength(state, so, bound);
  if (sign !== 0) return sign;
  return (isFraction ? state.digits : 0) < bound.fraction.length ? -1 : 0;
}
