import { EventCommand } from '../cli/command/event-command.js';
import { natsOptionsOf } from '../cli/connection/cluster-flags.js';
import { drainAtSignal } from '../cli/exit/drain-at-signal.js';
import { endWithParent, firstSignal, Hangups } from '../cli/exit/signals.js';
import { flagOrigins } from '../cli/flags/flags.js';
import { nodeFlags, nodeOptions } from '../cli/node/options.js';
import { idleFlags } from '../cli/serve/idle-flags.js';
import { showDownload } from '../cli/terminal/download-progress.js';
import { createLogger } from '../cli/terminal/logging.js';

export default class Node extends EventCommand {
  static override usage = '<%= command.id %> [FLAGS]';

  static override summary = 'Run a model as a node of a cluster.';

  static override description = `Loads a model and joins the cluster at a NATS server. Requests come from servers that were started with chatstream serve --cluster. On SIGTERM or Ctrl-C, it accepts nothing new, and ends when its running generations are done.`;

  static override examples = [
    {
      description: 'Try it without a model',
      command: '<%= config.bin %> <%= command.id %> --cluster nats://127.0.0.1:4222 --engine mock',
    },
    '<%= config.bin %> <%= command.id %> --cluster nats://10.0.0.1 -m model.gguf -n 8',
  ];

  static override flags = nodeFlags;

  async run(): Promise<object> {
    const parsed = await this.parse(Node);
    const { flags } = parsed;
    const nats = natsOptionsOf(flags);
    const logger = createLogger(flags['log-level']);
    this.warnOfMisspeltVariables(logger);
    const signals = firstSignal();
    const { stopping, ask } = signals;
    // Without a handler, it would end the process at once.
    new Hangups().handle(() => {
      ask('SIGHUP');
    });
    endWithParent();
    const options = await showDownload(logger, (onProgress, onNotice) =>
      nodeOptions(flags, { onProgress, onNotice, signal: stopping }),
    );
    for (const problem of idleFlags(flags, flagOrigins(parsed))) logger.warn(problem);
    // Loaded late, so that --help and wrong flags need not wait for it.
    const { awaitNats } = await import('../core/bus/await-nats.js');
    const { connectNats } = await import('../core/bus/nats-bus.js');
    const { serveNode } = await import('../core/serve/serve-node.js');
    const connect = { ...nats, name: `chatstream node ${options.name}` };
    const bus = await awaitNats(() => connectNats(connect), { logger, stopping });
    const node = await serveNode(bus, options, logger, stopping);
    const { modelId: model, slots } = node.info;
    this.logEvent(
      { event: 'ready', name: options.name, model, slots },
      `chatstream node ${options.name} is ready: ${model}, ${slots} slots, at ${nats.address.shown}`,
    );
    const left = await drainAtSignal(signals, flags['drain-timeout'], logger, {
      drain: (timeoutMs) => node.drain(timeoutMs),
      onSecond: (signal) => {
        logger.warn({ signal, left: node.running() }, 'a second signal: the process ends now');
      },
    });
    logger.info({ left }, 'stopped');
    return { event: 'stopped', left };
  }
}
