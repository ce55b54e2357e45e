import type { Automaton } from '../../../grammar/automaton.js';
import type { GrammarBuilder, RuleItem } from '../../../grammar/rules.js';
import { endedBy } from '../../../grammar/text-automata.js';
import { plainTextRules } from '../../../grammar/text-rules.js';

/** From this number of states on, only the beginning of a mark is looked for. */
const mostStates = 1000;

/**
 * Texts without quotation marks, each followed by the mark that ends it.
 *
 * If the length or the pattern of a text needs many states, it must not contain the first two characters of the mark
 * either, such as `</`: looking for the whole mark would multiply the states by the number of its characters.
 *
 * @param forbidden the part of the mark that ends a text wherever it appears
 */
export function endedText(builder: GrammarBuilder, texts: Automaton, end: string, forbidden = end): RuleItem {
  const isLarge = texts.length * end.length > mostStates;
  const part = isLarge ? forbidden.slice(0, 2) : forbidden;
  return plainTextRules(builder, endedBy(texts, end, [part], builder.budget, 'a string with the mark that ends it'));
}
