/** A pattern, for a regular expression with the flag `u`, that matches a text as it is. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
