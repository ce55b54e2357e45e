/** A token and the probability that the model assigned to it, before anything that the request asked for changed it. */
export interface TokenLogprob {
  /** Bytes that are no text on their own, such as parts of a character, as `\xe3`. The name of a special token. */
  readonly text: string;
  /** Null for a special token, which stands for no text. */
  readonly bytes: readonly number[] | null;
  /** The natural logarithm of its probability: {@link leastLogprob} to 0. */
  readonly logprob: number;
}

/** A token of the output. */
export interface OutputLogprob extends TokenLogprob {
  /** The likeliest tokens in its place, the likeliest first. */
  readonly top: readonly TokenLogprob[];
  /** What it added to the text, before stop strings were looked for: whole characters, possibly none. */
  readonly written: string;
}

/** A token of the prompt. */
export interface PromptLogprob extends Pick<TokenLogprob, 'text' | 'bytes'> {
  /** Null for the first token, which follows nothing. */
  readonly logprob: number | null;
  /** See `OutputLogprob`. */
  readonly top: readonly TokenLogprob[];
}

/** Stands for tokens that are impossible, as in OpenAI's API: JSON has no infinity. */
export const leastLogprob = -9999;

/** The maximum number of alternatives that are reported for a token. */
export const mostAlternatives = 20;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as text. If they are not whole characters, those outside of ASCII are written as `\xe3`. */
export function textOfBytes(bytes: readonly number[]): string {
  try {
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return bytes.map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`)).join('');
  }
}
