import type { Kind } from '../../../format/schema/kinds.js';

/** A way in which the name of a parameter may end. */
export interface KeyEnd {
  readonly text: string;
  /** The kinds of values that follow it; null if only the schema says so. */
  readonly kinds: ReadonlySet<Kind> | null;
}

/** Calls in which each parameter has its own marks, and strings have no quotation marks. */
export interface ParameterSyntax {
  readonly name: string;
  readonly marks: readonly string[];
  /** The marks around calls; null if each call stands alone. */
  readonly block: {
    readonly begin: string;
    readonly end: string;
    /** Whether the block has all calls of an answer. If not, each call has its own block. */
    readonly isShared: boolean;
    /** Whether some models leave it out. */
    readonly isOptional: boolean;
  } | null;
  readonly call: {
    /** What comes before the name of the function. */
    readonly begin: string;
    readonly nameEnd: string;
    /** What comes after the number of the call, which follows `nameEnd`; null if calls have no numbers. */
    readonly numberEnd: string | null;
    readonly end: string;
  };
  readonly parameter: {
    /** What comes before its name. */
    readonly begin: string;
    readonly keyEnds: readonly KeyEnd[];
    /** What comes before its value, maybe after white space; empty if the name ends where the value begins. */
    readonly valueBegin: string;
    readonly end: string;
    /** Whether its name and `>` come after that. */
    readonly repeatsName: boolean;
    /** Whether a value has lines of its own: the line ends around it do not belong to it. */
    readonly isOnLines: boolean;
    /** Whether strings may be in a CDATA section. */
    readonly hasCdata: boolean;
    /** What comes before each mark in values that are trees of elements; null if these are JSON. */
    readonly elements: string | null;
  };
}

/** Parameters with ordinary marks. */
export const plainParameter = {
  valueBegin: '',
  repeatsName: false,
  isOnLines: false,
  hasCdata: false,
  elements: null,
} as const;

/** The kinds of values other than strings. */
export const otherKinds: ReadonlySet<Kind> = new Set<Kind>(['null', 'boolean', 'number', 'array', 'object']);

export const cdata = { begin: '<![CDATA[', end: ']]>' } as const;

/** The end of a name after which the schema tells what its value is. */
export function keyEnd(text: string): KeyEnd {
  return { text, kinds: null };
}
