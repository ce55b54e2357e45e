import { parseDocument } from 'yaml';
import { ChatstreamError } from './errors.js';
import { isRecord } from './json.js';

/**
 * What the parser says of these mistakes is always the same sentence. Of others it quotes what is written in the text, or says no
 * more than the code does.
 */
const fixedMessages: ReadonlySet<string> = new Set([
  'BAD_INDENT',
  'BLOCK_AS_IMPLICIT_KEY',
  'BLOCK_IN_FLOW',
  'DUPLICATE_KEY',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'TAB_AS_INDENT',
]);

/**
 * Reads the settings in a text; none if it is empty. The message of an error never quotes the text: a key that was written
 * into it must not get into a log.
 *
 * @param name of the file, for messages
 * @param hint what to write into it
 * @throws ChatstreamError `usage` if it is not YAML, or not a list of settings
 */
export function parseYaml(text: string, name: string, hint: string): object {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const before = text.slice(0, error.pos[0]).split('\n');
    const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    const mistake = fixedMessages.has(error.code) ? error.message : error.code;
    throw new ChatstreamError('usage', `${name} is not YAML: ${where}: ${mistake}.`, {
      hint: 'Nothing of the file is used until that is right.',
    });
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return {};
  if (isRecord(value) && !Array.isArray(value)) return value;
  throw new ChatstreamError('usage', `${name} is not a list of settings.`, { hint });
}
