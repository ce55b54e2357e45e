import type { RequestCounts } from '../result-schema.js';

/** How often requests ended with an error, and what one of them said. */
export interface ErrorCount {
  /** As the server or the client names it: any string, even one that every object has as a property. */
  readonly code: string;
  readonly count: number;
  /** Undefined if it was not recorded. */
  readonly message: string | undefined;
}

/** Adds up errors by their code, and keeps the first message of each. */
export function addUpErrors(seen: readonly ErrorCount[]): Pick<RequestCounts, 'errors' | 'examples'> {
  const errors = new Map<string, number>();
  const examples = new Map<string, string>();
  for (const { code, count, message } of seen) {
    errors.set(code, (errors.get(code) ?? 0) + count);
    if (message !== undefined && !examples.has(code)) examples.set(code, message);
  }
  return { errors: Object.fromEntries(errors), examples: Object.fromEntries(examples) };
}

/** The errors of a result, to be added to others. */
export function errorCounts({ errors, examples }: Pick<RequestCounts, 'errors' | 'examples'>): ErrorCount[] {
  const messages = new Map(Object.entries(examples));
  return Object.entries(errors).map(([code, count]) => ({ code, count, message: messages.get(code) }));
}
