import { ChatstreamError } from '../../base/errors.js';

/**
 * The most that a grammar may cost. The figures were measured with llama.cpp's grammar engine: see "Limits of a grammar"
 * in docs/api.md.
 */
export const limits = {
  /** Characters of a schema as JSON, or of a grammar or a regular expression. */
  sourceLength: 262_144,
  /** Rules of the compiled grammar. */
  rules: 12_000,
  /** Elements of the compiled grammar: character ranges, references to rules, ends of alternatives. */
  elements: 60_000,
  /** Ways in which rules begin with other rules. llama.cpp follows them all when it loads a grammar. */
  lookups: 200_000,
  /** Positions of the grammar at which the text may be at once. llama.cpp tests every token against each of them. */
  parallelStates: 64,
  /** States of the automaton of a pattern, a number range, or names of properties. */
  automatonStates: 6_000,
  /** Steps that a compilation may take; a plain schema takes some ten for each of its keywords. */
  steps: 400_000,
  /** The last resort, in milliseconds. */
  milliseconds: 5_000,
} as const;

/** What the limits apply to: the parameter, and what the format is called there. */
export interface Subject {
  readonly param: string;
  readonly name: string;
}

/** A grammar exceeds one of the {@link limits}. */
export function tooComplexError(subject: Subject, problem: string, hint: string): ChatstreamError {
  return new ChatstreamError('grammar_too_complex', `${subject.name} is too complex: ${problem}.`, {
    param: subject.param,
    hint,
  });
}

/**
 * A compilation has taken too long. Unlike with other limits, the machine may be to blame, so another attempt can
 * succeed.
 */
export class OutOfTime extends ChatstreamError {
  constructor({ param, name }: Subject) {
    const problem = `compiling it takes longer than ${limits.milliseconds} ms`;
    super('grammar_too_complex', `${name} is too complex: ${problem}.`, { param, hint: simplerHint });
  }
}

/** Counts the steps of a compilation, and checks the clock now and then. */
export class Budget {
  readonly subject: Subject;
  readonly #now: () => number;
  readonly #startedMs: number;
  #steps = 0;
  #place = '';
  #part: Subject;

  /**
   * @param now milliseconds
   * @param startedMs when the time begins, which several attempts can share; by default now
   */
  constructor(subject: Subject, now: () => number = () => performance.now(), startedMs = now()) {
    this.subject = subject;
    this.#part = subject;
    this.#now = now;
    this.#startedMs = startedMs;
  }

  /**
   * Does work for one part of the source, which errors about the work name.
   *
   * @param place where that part is; empty for the source as a whole
   */
  at<T>(place: string, work: () => T): T {
    const outer = this.#place;
    this.#place = place;
    try {
      return work();
    } finally {
      this.#place = outer;
    }
  }

  /** Does work for one of several sources that are compiled together, which errors about a place in it name. */
  about<T>(part: Subject, work: () => T): T {
    const outer = this.#part;
    this.#part = part;
    try {
      return work();
    } finally {
      this.#part = outer;
    }
  }

  /** @throws ChatstreamError `grammar_too_complex` */
  spend(steps = 1): void {
    const before = this.#steps;
    this.#steps += steps;
    if (this.#steps > limits.steps) {
      throw tooComplexError(this.#placed, `compiling it takes more than ${limits.steps} steps`, simplerHint);
    }
    const looksAtClock = Math.floor(before / 4096) !== Math.floor(this.#steps / 4096);
    if (looksAtClock && this.#now() - this.#startedMs > limits.milliseconds) {
      throw new OutOfTime(this.subject);
    }
  }

  /** @throws ChatstreamError `grammar_too_complex` if an automaton has this many states and may not */
  checkStates(count: number, what: string): void {
    this.spend();
    if (count <= limits.automatonStates) return;
    throw tooComplexError(
      this.#placed,
      `${what} needs more than ${limits.automatonStates} states`,
      'Use smaller counts in patterns, shorter lengths together with a pattern, and a smaller or rounder multipleOf.',
    );
  }

  get #placed(): Subject {
    if (this.#place === '') return this.subject;
    const { param, name } = this.#part;
    return { param, name: `${name} at ${this.#place}` };
  }
}

export const simplerHint = 'Use fewer alternatives, shorter enums, and smaller counts.';
