/** The alias that stands for any name. */
const anyName = '*';

/**
 * The names under which the model is listed: those that the operator gave it, then that of its file.
 *
 * @param fileName without its extension
 */
export function modelNames(fileName: string, aliases: readonly string[]): readonly string[] {
  return [...new Set([...aliases.filter((alias) => alias !== anyName), fileName])];
}

/** Whether a client that asks for `wanted` means this model. The file's name may have its extension. */
export function answersTo(wanted: string, fileName: string, aliases: readonly string[]): boolean {
  if (aliases.includes(anyName) || aliases.includes(wanted)) return true;
  return wanted === fileName || wanted === `${fileName}.gguf`;
}
