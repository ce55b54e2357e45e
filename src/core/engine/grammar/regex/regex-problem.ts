/** What is wrong with a regular expression, or not supported in it. */
export class RegexProblem extends Error {}
