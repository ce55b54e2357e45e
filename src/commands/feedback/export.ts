import { Flags } from '@oclif/core';
import { BaseCommand, commonFlags } from '../../cli/command/base-command.js';
import { connectionFlags, watchedUrlFlag } from '../../cli/connection/flags.js';
import { fromEnvironment } from '../../cli/flags/flags.js';

export default class FeedbackExport extends BaseCommand {
  static override summary = 'Print the feedback that a server has collected.';

  static override description = `One JSON object per line, the oldest first: someone's opinion of an answer, with prompt and answer if the response was stored.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> > feedback.jsonl',
    {
      description: 'Only what was liked, as pairs for training',
      command: `<%= config.bin %> <%= command.id %> | jq -c 'select(.like) | {messages: (.prompt + [.answer])}'`,
    },
  ];

  // The command prints many objects, and oclif's own flag is for one.
  static override enableJsonFlag = false;
  static override baseFlags = commonFlags;

  static override flags = fromEnvironment({
    url: watchedUrlFlag,
    ...connectionFlags,
    'api-key': Flags.string({
      summary:
        'Key of an administrator, to send as a bearer token. Of several, separated by commas, the first is sent.',
    }),
  });

  async run(): Promise<void> {
    const { flags } = await this.parse(FeedbackExport);
    const { connectionOptions } = await import('../../cli/connection/options.js');
    const { feedbackLines } = await import('../../core/watch/feedback-lines.js');
    const connection = { ...(await connectionOptions(flags)), patienceMs: 30_000 };
    for await (const line of feedbackLines(flags.url, connection)) this.log(line);
  }
}
