import { createHash } from 'node:crypto';

/** Characters of a prompt that are compared at once. Shorter beginnings are not worth being looked for. */
const blockLength = 512;

/** Longer prompts are distinguished by their first 256 Ki characters. */
const mostBlocks = 512;

/** Blocks that are remembered: about 10 MB. */
const mostRemembered = 65_536;

/**
 * Fingerprints of a prompt's beginnings, the shortest first: two prompts have one in common if they are the same up to there.
 *
 * @param text as it was sent, such as the body of a request: clients send a conversation again with the same bytes
 */
export function fingerprintsOf(text: string): readonly string[] {
  const fingerprints: string[] = [];
  const hash = createHash('sha1');
  const blocks = Math.min(mostBlocks, Math.floor(text.length / blockLength));
  for (let block = 0; block < blocks; block += 1) {
    hash.update(text.slice(block * blockLength, (block + 1) * blockLength));
    fingerprints.push(hash.copy().digest('base64'));
  }
  return fingerprints;
}

/** Remembers which executor had which prompts last. */
export class PrefixMemory {
  /** In the order of their last use. */
  readonly #holders = new Map<string, string>();

  /** An executor gets a prompt. */
  remember(fingerprints: readonly string[], executor: string): void {
    for (const fingerprint of fingerprints) {
      this.#holders.delete(fingerprint);
      this.#holders.set(fingerprint, executor);
    }
    for (const fingerprint of this.#holders.keys()) {
      if (this.#holders.size <= mostRemembered) break;
      this.#holders.delete(fingerprint);
    }
  }

  /** How much of a prompt an executor was the last to receive, from 0 to 1. */
  sameShare(fingerprints: readonly string[], executor: string): number {
    let last = fingerprints.length;
    while (last > 0 && this.#holders.get(fingerprints[last - 1] ?? '') !== executor) last -= 1;
    return fingerprints.length === 0 ? 0 : last / fingerprints.length;
  }
}
