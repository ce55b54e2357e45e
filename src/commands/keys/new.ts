import { randomBytes } from 'node:crypto';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { keyEntry } from '../../core/config/key-entry.js';

export default class KeysNew extends BaseCommand {
  static override summary = 'Create an API key, and its entry for the configuration file.';

  static override description = `Prints a new key, once, and its entry for the keys in the file of serve --config. The entry has only the key's SHA-256, from which the key cannot be recovered.`;

  static override examples = ['<%= config.bin %> <%= command.id %> anna'];

  static override args = {
    name: Args.string({ description: 'What logs, metrics and /v1/queue will call it', required: true }),
  };

  async run(): Promise<object> {
    const { args } = await this.parse(KeysNew);
    // 32 bytes cannot be guessed, so a plain digest is enough to recognise the key.
    const key = `cs-${randomBytes(32).toString('base64url')}`;
    const { entry, text } = keyEntry(args.name, key);
    this.log(`key    ${key}\n\nkeys:\n${text}`);
    return { key, entry };
  }
}
