import { randomBytes } from 'node:crypto';

/** The identifier of a call, as OpenAI writes them. */
export function newCallId(): string {
  return `call_${randomBytes(12).toString('hex')}`;
}

/** Nine letters and digits: the templates of Mistral's models refuse all other identifiers. */
export function newShortCallId(): string {
  return randomBytes(9).toString('base64url').replaceAll(/[-_]/g, '0').slice(0, 9);
}
