import { Flags } from '@oclif/core';
import { BaseCommand, commonFlags } from '../cli/command/base-command.js';
import { connectionFlags, watchedUrlFlag } from '../cli/connection/flags.js';
import { firstSignal } from '../cli/exit/signals.js';
import { durationFlag, fromEnvironment } from '../cli/flags/flags.js';
import { ChatstreamError } from '../core/base/errors.js';

export default class Top extends BaseCommand {
  static override summary = 'Watch the queues of a running server.';

  static override description = `On a terminal, one live screen: both queues, rates of the last 5 seconds and percentiles of the last minute. q quits; + and - change the server's max-concurrency, or that of the model that the arrow keys choose. In a pipe or a log, one line for each reading.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'A server on another machine, as JSON objects, one per line',
      command: '<%= config.bin %> <%= command.id %> -u http://gpu1:8000 --json',
    },
  ];

  // The command prints many objects, and oclif's own flag is for one.
  static override enableJsonFlag = false;
  static override baseFlags = commonFlags;

  static override flags = fromEnvironment({
    url: watchedUrlFlag,
    ...connectionFlags,
    interval: durationFlag({
      summary: 'Time between two readings.',
      default: 1000,
      defaultHelp: () => Promise.resolve('1s'),
    }),
    count: Flags.integer({ summary: 'Readings after which to end.', min: 1 }),
    json: Flags.boolean({ summary: 'Print a JSON object for each reading, one per line.' }),
  });

  async run(): Promise<void> {
    const { flags } = await this.parse(Top);
    if (flags.interval < 100) {
      throw new ChatstreamError('usage', '--interval must be at least 100ms.', { hint: 'Write 1s, or 500ms.' });
    }
    const { watchTop } = await import('../cli/top/watch.js');
    const { stopping } = firstSignal('Stopped before the server answered.');
    await watchTop(flags, stopping, (line) => {
      this.log(line);
    });
  }
}
