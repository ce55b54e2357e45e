import { ChatstreamError } from '../base/errors.js';
import { digestOf } from './key-settings.js';
import { parseConfig } from './read-config.js';

/**
 * The entry of a key in a configuration file.
 *
 * @throws ChatstreamError `usage` for a name that no file may have
 */
export function keyEntry(
  name: string,
  key: string,
): { readonly entry: { readonly name: string; readonly sha256: string }; readonly text: string } {
  const entry = { name, sha256: digestOf(key).toString('hex') };
  try {
    // JSON is YAML.
    parseConfig(JSON.stringify({ keys: [entry] }), 'The new entry');
  } catch (cause) {
    throw new ChatstreamError('usage', `${JSON.stringify(name)} cannot be the name of a key.`, {
      hint: 'Write up to 64 letters (a to z), digits and _ . @ -, with a letter or a digit first.',
      cause,
    });
  }
  return { entry, text: `  - name: ${JSON.stringify(name)}\n    sha256: ${entry.sha256}\n` };
}
