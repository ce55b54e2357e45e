import { hostname } from 'node:os';
import { Flags } from '@oclif/core';
import { BaseCommand, commonFlags } from '../cli/command/base-command.js';
import { clusterFlags, natsOptionsOf } from '../cli/connection/cluster-flags.js';
import { firstSignal } from '../cli/exit/signals.js';
import { defaultInWords, fromEnvironment } from '../cli/flags/flags.js';
import { createLogger } from '../cli/terminal/logging.js';

export default class BenchAgent extends BaseCommand {
  static override summary = 'Send load for a bench that runs on another machine.';

  static override description = `Waits at a NATS server until chatstream bench --agents needs it, sends its share of the load, and waits again. It works for one bench at a time, and needs the same version as the bench. Ctrl-C ends it.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --cluster nats://10.0.0.1',
    {
      description: 'With a certificate of your own, and a user of NATS',
      command:
        '<%= config.bin %> <%= command.id %> --cluster tls://nats.example:4222 --cluster-ca ca.pem --cluster-creds agent.creds',
    },
  ];

  // The command has no result, only a log.
  static override enableJsonFlag = false;
  static override baseFlags = commonFlags;

  static override flags = fromEnvironment({
    ...clusterFlags,
    name: Flags.string({
      ...defaultInWords('the name of the machine'),
      summary: 'Name of this machine in logs and reports.',
    }),
  });

  async run(): Promise<void> {
    const { flags } = await this.parse(BenchAgent);
    const nats = natsOptionsOf(flags);
    const { runAgent } = await import('../cli/bench/run-agent.js');
    const { stopping } = firstSignal('Stopped before NATS was reached.');
    await runAgent(
      { nats, name: flags.name ?? hostname(), version: this.config.version },
      createLogger(flags['log-level']),
      stopping,
    );
  }
}
