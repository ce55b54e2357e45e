import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { formatBytes } from '../../core/base/units.js';
import { removeModels } from '../../core/models/remove-models.js';

export default class ModelsRm extends BaseCommand {
  static override summary = 'Remove downloaded models and partial downloads.';

  static override examples = [
    '<%= config.bin %> <%= command.id %> Qwen3-0.6B-Q8_0',
    '<%= config.bin %> <%= command.id %> hf:Qwen/Qwen3-0.6B-GGUF:Q8_0 https://example.com/model.gguf',
  ];

  static override strict = false;

  static override args = {
    name: Args.string({
      description: 'as "chatstream models" shows it: the name, or the source below',
      required: true,
    }),
  };

  async run(): Promise<object> {
    const { argv } = await this.parse(ModelsRm);
    const removed = await removeModels(argv.map(String));
    for (const { source, bytes } of removed) this.log(`removed ${source} (${formatBytes(bytes)})`);
    return { removed: removed.map(({ source, path, bytes }) => ({ source, path, bytes })) };
  }
}
