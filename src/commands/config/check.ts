import { Args, Parser } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { argumentsOf } from '../../cli/config-flags.js';
import { serveFlags } from '../../cli/serve-flags.js';
import { readConfig } from '../../core/config/read-config.js';

export default class ConfigCheck extends BaseCommand {
  static override summary = 'Check a configuration file without starting a server.';

  static override examples = ['<%= config.bin %> <%= command.id %> chatstream.yaml'];

  static override args = {
    file: Args.file({ description: 'File for serve --config', required: true }),
  };

  async run(): Promise<object> {
    const { args } = await this.parse(ConfigCheck);
    const { keys, flags } = await readConfig(args.file);
    const given = argumentsOf(flags, serveFlags, { isGiven: () => false });
    await Parser.parse([...given], { flags: serveFlags, strict: true });
    const names = keys.map(({ name }) => name);
    const listed = names.length === 0 ? 'no keys: everybody may send requests' : `keys: ${names.join(', ')}`;
    this.log(`${args.file} is valid; ${listed}`);
    return { file: args.file, keys: names, flags: [...flags.keys()] };
  }
}
