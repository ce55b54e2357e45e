/** A sentence as it continues another one: with a small first letter, unless it begins with an acronym or a name in capitals. */
export function lowerFirst(text: string): string {
  return text.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

/** A text as a sentence begins: with a capital letter. */
export function sentenceStart(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
