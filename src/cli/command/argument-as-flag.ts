import { near } from '../../core/base/mistakes/near.js';

/** Flags that take values that look like this argument, the likeliest first. A command has some of them. */
const flagsByLook: readonly { readonly look: RegExp; readonly flags: readonly string[] }[] = [
  { look: /^hf:|\.gguf$/i, flags: ['model'] },
  { look: /^(nats|tls):\/\//i, flags: ['cluster'] },
  { look: /^(https?:\/\/|unix:)/i, flags: ['url', 'upstream'] },
  { look: /\.jsonl?$/i, flags: ['file'] },
  { look: /\.ya?ml$/i, flags: ['config'] },
  { look: /^\d+$/, flags: ['port'] },
];

/**
 * What to write instead of an argument that a command does not take: the flag of this name, or a flag for such a value.
 *
 * @param flags the names of the command's flags
 * @returns for example `--model "my model.gguf"`; null if it looks like nothing in particular
 */
export function argumentAsFlag(word: string, flags: readonly string[]): string | null {
  const look = flagsByLook.find((each) => each.look.test(word));
  const flag = look?.flags.find((each) => flags.includes(each));
  if (flag !== undefined) return `--${flag} ${/\s/.test(word) ? `"${word}"` : word}`;
  const meant = look === undefined ? near(word, flags) : null;
  return meant === null ? null : `--${meant}`;
}
