import { statusJson, statusReport } from '../../cli/cluster/status-report.js';
import { BaseCommand } from '../../cli/command/base-command.js';
import { clusterFlags, natsOptionsOf } from '../../cli/connection/cluster-flags.js';
import { fromEnvironment } from '../../cli/flags/flags.js';
import { systemClock } from '../../core/base/clock.js';
import { connectNats } from '../../core/bus/nats-bus.js';
import { readClusterStatus } from '../../core/cluster/status.js';

export default class ClusterStatus extends BaseCommand {
  static override summary = 'Show the fronts, nodes and lines of a cluster.';

  static override description = `Watches the cluster for one and a half seconds. The lag is the time since a member's last sign of life; members give one every second. A silent one has given none meanwhile.`;

  static override examples = [
    '<%= config.bin %> <%= command.id %> --cluster nats://10.0.0.1',
    {
      description: 'For a script: how many requests wait in all lines',
      command: '<%= config.bin %> <%= command.id %> --cluster nats://10.0.0.1 --json | jq "[.lines[].waiting] | add"',
    },
  ];

  static override flags = fromEnvironment(clusterFlags);

  async run(): Promise<object> {
    const { flags } = await this.parse(ClusterStatus);
    const nats = natsOptionsOf(flags);
    const bus = await connectNats({ ...nats, name: 'chatstream cluster status' });
    try {
      const status = await readClusterStatus(bus, systemClock);
      this.log(statusReport(status, nats.address.shown));
      return statusJson(status);
    } finally {
      await bus.close();
    }
  }
}
