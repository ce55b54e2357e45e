import type { Automaton } from '../../../grammar/automaton.js';
import type { GrammarBuilder, RuleItem } from '../../../grammar/rules.js';
import { endedBy } from '../../../grammar/text-automata.js';
import { plainTextRules } from '../../../grammar/text-rules.js';

/** From how many states on only the beginning of a mark is looked for. */
const mostStates = 1000;

/**
 * Texts without quotation marks, each followed by the mark that ends it.
 *
 * Where the length or the pattern of a text needs many states, it must not contain the first two characters of the mark
 * either, such as `</`: to look for the whole mark would take as many times more states as it has characters.
 *
 * @param forbidden the part of the mark that ends a text wherever it comes
 */
export function endedText(builder: GrammarBuilder, texts: Automaton, end: string, forbidden = end): RuleItem {
  const isLarge = texts.length * end.length > mostStates;
  const part = isLarge ? forbidden.slice(0, 2) : forbidden;
  return plainTextRules(builder, endedBy(texts, end, [part], builder.budget, 'a string with the mark that ends it'));
}
