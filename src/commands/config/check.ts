import { Args, Parser } from '@oclif/core';
import { BaseCommand, toOurs } from '../../cli/command/base-command.js';
import { flagOrigins, valuesOf } from '../../cli/flags/flags.js';
import { checkSettings } from '../../cli/serve/check-settings.js';
import { argumentsOf, isForFiles } from '../../cli/serve/flags/config-flags.js';
import { withExpectedFlags } from '../../cli/serve/flags/expected-flags.js';
import { checkFlagValues } from '../../cli/serve/flags/flag-values.js';
import { serveFlags } from '../../cli/serve/flags/flags.js';
import { mostSlots } from '../../cli/serve/flags/queue-flags.js';
import { expectedNames, unknownModels } from '../../cli/serve/key-models.js';
import { wantedModels } from '../../cli/serve/options/several-models.js';
import { wrappedFor } from '../../cli/terminal/terminal.js';
import { acceptedKeys } from '../../core/config/key-settings.js';
import { readConfig } from '../../core/config/read-config.js';

/** Not from this environment, which need not be that of the server. */
const openServer = 'everyone may send requests, unless --api-key or CHATSTREAM_API_KEY is set';

export default class ConfigCheck extends BaseCommand {
  static override summary = 'Check a configuration file without starting a server.';

  static override examples = ['<%= config.bin %> <%= command.id %> chatstream.yaml'];

  static override args = {
    file: Args.file({ description: 'File for serve --config', required: true }),
  };

  /** Flags of the file. */
  protected override get flagsInMessages(): BaseCommand['flagsInMessages'] {
    const argv = (this.settingsFile?.names ?? []).map((name) => `--${name}`);
    return { flags: { ...BaseCommand.baseFlags, ...serveFlags }, argv: [...this.argv, ...argv] };
  }

  async run(): Promise<object> {
    const { args } = await this.parse(ConfigCheck);
    const known = { ...BaseCommand.baseFlags, ...serveFlags };
    const config = await readConfig(
      args.file,
      Object.keys(known).filter((name) => isForFiles(name)),
    );
    const { keys, anonymous, flags } = config;
    this.settingsFile = { path: args.file, names: [...flags.keys()], isComplete: true };
    await checkFlagValues(args.file, flags, known, toOurs);
    const given = argumentsOf(flags, known, { isGiven: () => false });
    const parsed = await Parser.parse([...given], { flags: known, strict: true });
    // Otherwise, the command line may say how many generations run at once: as many as any reserves and engines need.
    const concurrency = flags.has('max-concurrency') ? {} : { 'max-concurrency': parsed.flags.slots ?? mostSlots };
    const origins = flagOrigins(parsed);
    const { flags: expected, notes } = withExpectedFlags({ ...parsed.flags, ...concurrency }, origins.isTyped);
    for (const note of notes) this.logToStderr(wrappedFor(process.stderr, `Note: ${note}.`));
    checkSettings(expected, this.config.version, config, origins);
    const { model, alias } = parsed.flags;
    const served = flags.has('model') ? expectedNames(wantedModels(valuesOf(model)), valuesOf(alias)) : null;
    const warnings = served === null ? [] : unknownModels(config, served);
    for (const warning of warnings) this.logToStderr(wrappedFor(process.stderr, `Warning: ${warning}.`));
    const names = acceptedKeys(valuesOf(parsed.flags['api-key']), keys).map(({ name }) => name);
    const listed =
      names.length > 0 ? `keys: ${names.join(', ')}` : anonymous === null ? `no keys: ${openServer}` : 'no keys';
    const others = anonymous === null ? '' : `; without a key: ${anonymous.role}`;
    this.log(`${args.file} is valid; ${listed}${others}`);
    return { file: args.file, keys: names, flags: [...flags.keys()], warnings, notes };
  }
}
