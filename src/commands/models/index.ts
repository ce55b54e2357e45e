import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { autoOrIntegerFlag, fromEnvironment } from '../../cli/flags/flags.js';
import { modelsJson, modelsTable } from '../../cli/models/table.js';
import { mostLlamaSlots } from '../../cli/serve/options/options.js';
import { cacheMemory } from '../../core/engine/prompt-cache/cache-memory.js';
import { cacheTypes } from '../../core/gguf/kv-cache.js';
import { automaticContextLength, mainMemory } from '../../core/gguf/memory-need.js';
import { listModels } from '../../core/models/model-overview.js';

export default class Models extends BaseCommand {
  static override summary = 'List the bundled and downloaded models, and the memory they need.';

  static override description = `The memory is that of the weights and of the KV cache of all slots, without compute buffers.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'The memory for sixteen slots of 8192 tokens, with the cache in 8 bits',
      command: '<%= config.bin %> <%= command.id %> --slots 16 --context 8192 --cache-type q8_0',
    },
  ];

  static override flags = fromEnvironment({
    slots: Flags.integer({ summary: 'Slots to calculate the memory for.', min: 1, max: mostLlamaSlots, default: 4 }),
    context: autoOrIntegerFlag({
      summary: `Tokens per slot; auto: what the model was trained for, at most ${automaticContextLength}.`,
      min: 16,
      default: 'auto' as const,
    }),
    'cache-type': Flags.option({
      summary: 'Type of the values in the KV cache.',
      options: cacheTypes,
      default: 'f16' as const,
    })(),
  });

  async run(): Promise<object> {
    const { flags } = await this.parse(Models);
    const { slots, context, 'cache-type': cacheType } = flags;
    const list = await listModels({ slots, context, cacheType });
    const promptCache = cacheMemory('auto', mainMemory().available);
    if (!this.jsonEnabled()) this.log(modelsTable(list, slots, promptCache));
    return modelsJson(list, promptCache);
  }
}
