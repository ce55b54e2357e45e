/** A table of requests that are counted apart, one row per setting and group, and what it shows in sentences. */
export interface Breakdown {
  readonly title: string;
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly sentences: readonly string[];
}
