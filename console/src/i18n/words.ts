import { language } from './language.js';

/** A phrase, or a function that puts figures into one. */
type Phrases = Readonly<Record<string, string | ((...values: never[]) => string)>>;

/** The same phrases in another language: the same names, with the same figures. */
type Translation<Original extends Phrases> = {
  readonly [Name in keyof Original]: Original[Name] extends string ? string : Original[Name];
};

/**
 * The words of one view. Returns a function that gives those of the language that is chosen; a component that calls it
 * is drawn again when another one is.
 */
export function dictionary<Original extends Phrases>(
  en: Original & Translation<Original>,
  ja: Translation<Original>,
): () => Translation<Original> {
  const words = { en, ja };
  return () => words[language.value];
}
