/** An error in a regular expression, or something in it that is not supported. */
export class RegexProblem extends Error {}
