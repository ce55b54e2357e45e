import type { Budget } from '../../grammar/limits.js';
import { equalJson } from './keywords.js';

/**
 * The values without repeats: scalars first, then lists and objects.
 *
 * @throws ChatstreamError `grammar_too_complex` for too many lists and objects, each of which is compared with all others
 */
export function distinct(values: readonly unknown[], budget: Budget): readonly unknown[] {
  const scalars = new Set<unknown>();
  const others: unknown[] = [];
  for (const value of values) {
    if (typeof value !== 'object' || value === null) {
      scalars.add(value);
      continue;
    }
    budget.spend(others.length);
    if (!others.some((other) => equalJson(other, value))) others.push(value);
  }
  return [...scalars, ...others];
}
