import { statSync } from 'node:fs';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/command/base-command.js';
import { firstSignal } from '../../cli/exit/signals.js';
import { showDownload } from '../../cli/terminal/download-progress.js';
import { createLogger } from '../../cli/terminal/logging.js';
import { withoutSecrets } from '../../core/models/model-source.js';
import { pullModel } from '../../core/models/resolve-model.js';

export default class ModelsPull extends BaseCommand {
  static override summary = 'Download a model, or bring it up to date.';

  static override description = `An interrupted download resumes where it stopped. For a model that is not public, set HF_TOKEN.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> hf:Qwen/Qwen3-0.6B-GGUF:Q8_0',
    '<%= config.bin %> <%= command.id %> hf:Qwen/Qwen3-0.6B-GGUF/Qwen3-0.6B-Q8_0.gguf',
    '<%= config.bin %> <%= command.id %> https://example.com/model.gguf',
  ];

  static override args = {
    source: Args.string({
      description: 'hf:USER/REPOSITORY[:QUANTISATION], hf:USER/REPOSITORY/FILE.gguf, or a URL',
      required: true,
    }),
  };

  async run(): Promise<object> {
    const { args, flags } = await this.parse(ModelsPull);
    const logger = createLogger(flags['log-level']);
    const { stopping: signal } = firstSignal();
    const path = await showDownload(logger, (onProgress, onNotice) =>
      pullModel(args.source, { onProgress, onNotice, signal }),
    );
    this.log(path);
    return { source: withoutSecrets(args.source), path, bytes: statSync(path).size };
  }
}
