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

/**
 * What was probably meant by a message that is one word and looks like the value of a flag, such as a URL.
 *
 * @param flags the names of the flags that it may have been for
 * @returns for example `--url http://gpu1:8000`; null if it is a message
 */
export function messageAsFlag(message: string, flags: readonly string[]): string | null {
  if (/\s/.test(message)) return null;
  const flag = argumentAsFlag(message, flags);
  return flag?.includes(' ') === true ? flag : null;
}
