import type { Logger as PinoLogger } from 'pino';
import { toOurs, typedKeyWarning } from '../cli/command/base-command.js';
import { EventCommand } from '../cli/command/event-command.js';
import { natsOptionsOf } from '../cli/connection/cluster-flags.js';
import { endWithParent, firstSignal, Hangups } from '../cli/exit/signals.js';
import { type FlagOrigins, flagOrigins } from '../cli/flags/flags.js';
import { aboutSettings, settingsFileOf } from '../cli/flags/settings-file.js';
import { argumentsOf, isForFiles } from '../cli/serve/flags/config-flags.js';
import { type ServeFlags, serveFlags } from '../cli/serve/flags/flags.js';
import { refuseWithoutCluster } from '../cli/serve/flags/useless-flags.js';
import { idleFlags } from '../cli/serve/idle-flags.js';
import { reportDevice, reportPlan, reportWarnings } from '../cli/serve/model-log.js';
import { serveOptions } from '../cli/serve/options/options.js';
import { readyBlock, readyEvent } from '../cli/serve/report.js';
import { serveUntilStopped } from '../cli/serve/serve-until-stopped.js';
import { warnOfAccess, warnOfRisks, warnOfUseless } from '../cli/serve/start-warnings.js';
import { tuneV8 } from '../cli/serve/tune-v8.js';
import { showDownload } from '../cli/terminal/download-progress.js';
import { createLogger, type LogLevel } from '../cli/terminal/logging.js';
import type { Config } from '../core/config/read-config.js';
import { anyName } from '../core/inference/service/one-model.js';
import type { RunningServer } from '../core/serve/serve.js';
import type { HostProcess } from '../core/serve/serving.js';

/** The beginning of both ways to serve. */
interface Start {
  readonly flags: ServeFlags;
  readonly config: Config | null;
  readonly origins: FlagOrigins;
  readonly logger: PinoLogger;
  readonly stopping: AbortSignal;
  readonly host: HostProcess;
}

interface Served extends Pick<RunningServer, 'replaceAccess' | 'running' | 'drain' | 'totals'> {
  /** All names that requests may ask for; with `*`, any name. */
  readonly modelNames: readonly string[];
}

export default class Serve extends EventCommand {
  static override usage = '<%= command.id %> [FLAGS]';

  static override summary = 'Serve a model behind a queue, with an OpenAI-compatible API.';

  static override description = `At most --max-concurrency generations run at once. They advance together, by one token each per round. Further requests wait in a queue: first come, first served, or so that each key gets its share. A full queue rejects at once, with a 429 that says when to try again.`;

  static override examples = [
    { description: 'Try it without a model', command: '<%= config.bin %> <%= command.id %> --engine mock' },
    {
      description: 'Download a model from Hugging Face, once, and serve it',
      command: '<%= config.bin %> <%= command.id %> -m hf:Qwen/Qwen3-0.6B-GGUF:Q8_0',
    },
    {
      description: 'Serve a file, with eight generations at once',
      command: '<%= config.bin %> <%= command.id %> -m model.gguf -n 8',
    },
    {
      description: 'Serve two models, one at a time in memory',
      command: '<%= config.bin %> <%= command.id %> -m chat=a.gguf -m code=b.gguf --max-loaded 1',
    },
    {
      description: 'Queue for two other servers, which generate',
      command: '<%= config.bin %> <%= command.id %> --upstream http://gpu1:8080 --upstream http://gpu2:8000,slots=16',
    },
    {
      description: 'Serve what the nodes of a cluster have',
      command: '<%= config.bin %> <%= command.id %> --cluster nats://10.0.0.1',
    },
    {
      description: 'Serve a team: with keys and a short queue, on all networks',
      command: '<%= config.bin %> <%= command.id %> -m model.gguf --host 0.0.0.0 --config team.yaml --max-queue 16',
    },
  ];

  static override flags = serveFlags;

  /** `parse` stores what it parsed last in `argv`, including settings from a file. */
  readonly #typedArguments: readonly string[] = [...this.argv];
  #isKeyTyped = false;

  async run(): Promise<object> {
    const { flags, config, origins } = await this.#settings();
    const logger = createLogger(flags['log-level']);
    this.warnOfMisspeltVariables(logger);
    // Also on a server for this machine only, where a key keeps out other users of the machine.
    if (this.#isKeyTyped) logger.warn(`${typedKeyWarning}, or name a file with --config`);
    const isElsewhere = flags.upstream !== undefined || flags.cluster !== undefined;
    const signals = firstSignal(isElsewhere ? 'Stopped before the server was ready.' : undefined);
    const { stopping, ask } = signals;
    endWithParent();
    // Handled from the beginning: without a handler, SIGHUP would end the server at once, even while its model loads.
    const hangups = new Hangups();
    if (flags.config === undefined) {
      hangups.handle(() => {
        ask('SIGHUP');
      });
    }
    const { loadStarter } = await import('../cli/serve/load-process.js');
    const drain = (): void => {
      ask('request');
    };
    const host = { drain, startLoad: loadStarter(this.config.root) };
    const start = { flags, config, origins, logger, stopping, host };
    const server = await this.#serve(start);
    warnOfAccess(config, flags, server.modelNames, logger);
    if (flags.config !== undefined && config !== null) {
      const reload = await this.#watchConfig(flags.config, config, start, server);
      hangups.handle(reload);
    }
    return await serveUntilStopped(server, signals, flags['drain-timeout'], logger);
  }

  /** Admits the clients of the configuration file whenever it changes. @returns what reads it again at once */
  async #watchConfig(path: string, config: Config, { flags, logger }: Start, server: Served): Promise<() => void> {
    const { watchConfig } = await import('../core/config/watch-config.js');
    const watched = await watchConfig(path, config, logger, {
      hasOtherKeys: (flags['api-key'] ?? []).length > 0,
      check: (changed) => this.#checkNextStart(changed),
      onChange: (changed) => {
        server.replaceAccess(changed);
        warnOfAccess(changed, flags, server.modelNames, logger);
      },
    });
    return () => void watched.reload();
  }

  #serve(start: Start): Promise<Served> {
    refuseWithoutCluster(start.flags, start.origins.isTyped);
    if (start.flags.cluster !== undefined) return this.#serveCluster(start);
    return start.flags.upstream === undefined ? this.#serveModel(start) : this.#serveUpstreams(start);
  }

  async #serveModel({ flags, config, origins, logger, stopping, host }: Start): Promise<Served> {
    const options = await showDownload(logger, (onProgress, onNotice) =>
      serveOptions(flags, this.config.version, { onProgress, onNotice, signal: stopping }, config),
    );
    tuneV8();
    // Loaded late, so that --help and wrong flags need not wait for the HTTP server's code.
    const { serve } = await import('../core/serve/serve.js');
    const { checkAddress } = await import('../core/server/http/listen.js');
    await checkAddress(options.server);
    warnOfRisks(options, origins, logger);
    for (const problem of idleFlags(flags, origins)) logger.warn(problem);
    for (const { engine } of options.models?.models ?? [options]) {
      await reportPlan(engine, options.replication, logger);
    }
    const server = await serve({ ...options, host }, logger, stopping);
    reportDevice(options.engine, server.info, logger);
    reportWarnings(server.info, logger);
    this.logEvent(readyEvent(server, options), readyBlock(server, options));
    const names = server.models?.map(({ id }) => id) ?? [server.info.modelId];
    return { ...server, modelNames: [...names, ...options.server.aliases] };
  }

  async #serveUpstreams({ flags, config, origins, logger, stopping, host }: Start): Promise<Served> {
    const { upstreamOptions } = await import('../cli/serve/options/upstream-options.js');
    const options = upstreamOptions(flags, this.config.version, config, origins);
    warnOfRisks(options, origins, logger);
    warnOfUseless('upstream', flags, origins, logger);
    // Without the small heap, because it makes passing on a chunk cost a quarter more CPU time.
    const { serveUpstreams } = await import('../core/serve/serve-upstreams.js');
    const server = await serveUpstreams({ ...options, host }, logger, stopping);
    const { relayReadyBlock, relayReadyEvent } = await import('../cli/serve/upstream-report.js');
    this.logEvent(relayReadyEvent(server, options), relayReadyBlock(server, options));
    // Upstream servers and their models come and go.
    return { ...server, modelNames: [anyName] };
  }

  async #serveCluster({ flags, config, origins, logger, stopping, host }: Start): Promise<Served> {
    const nats = natsOptionsOf(flags);
    const { clusterOptions } = await import('../cli/serve/options/cluster-options.js');
    const options = clusterOptions(flags, this.config.version, config, origins);
    warnOfRisks(options, origins, logger);
    warnOfUseless('cluster', flags, origins, logger);
    const { awaitNats } = await import('../core/bus/await-nats.js');
    const { connectNats } = await import('../core/bus/nats-bus.js');
    const { serveCluster } = await import('../core/serve/serve-cluster.js');
    const bus = await awaitNats(() => connectNats({ ...nats, name: 'chatstream serve' }), { logger, stopping });
    const server = await serveCluster(bus, { ...options, host }, logger);
    const { frontReadyBlock } = await import('../cli/serve/front-report.js');
    const event = { event: 'ready', url: server.url, cluster: nats.address.shown };
    this.logEvent(event, frontReadyBlock(server.url, nats.address.shown, options));
    // Nodes and their models come and go.
    return { ...server, modelNames: [anyName] };
  }

  /** It is logged once there is a log. */
  protected override onTypedKey(): void {
    this.#isKeyTyped = true;
  }

  /**
   * The flags, with values from the configuration file for those that neither the command line nor the environment
   * sets.
   */
  async #settings(): Promise<{
    readonly flags: ServeFlags & { readonly 'log-level': LogLevel };
    readonly config: Config | null;
    readonly origins: FlagOrigins;
  }> {
    const parsed = await this.parse(Serve);
    const { flags } = parsed;
    if (flags.config === undefined) return { flags, config: null, origins: flagOrigins(parsed) };
    // Loaded late: most servers have no such file.
    const { readConfig } = await import('../core/config/read-config.js');
    const known = Object.keys({ ...Serve.baseFlags, ...Serve.flags }).filter((name) => isForFiles(name));
    const config = await readConfig(flags.config, known);
    const given = flagOrigins(parsed);
    this.settingsFile = settingsFileOf(flags.config, config.flags.keys(), given);
    return { ...(await this.#completedBy(config)), config };
  }

  async #completedBy(config: Config): Promise<{
    readonly flags: ServeFlags & { readonly 'log-level': LogLevel };
    readonly origins: FlagOrigins;
  }> {
    const given = flagOrigins(await this.parse(Serve, [...this.#typedArguments]));
    const added = argumentsOf(config.flags, { ...Serve.baseFlags, ...Serve.flags }, given);
    const completed = await this.parse(Serve, [...this.#typedArguments, ...added]);
    return { flags: completed.flags, origins: flagOrigins(completed) };
  }

  /** @throws ChatstreamError if the command could not start with the changed configuration file */
  async #checkNextStart(config: Config): Promise<void> {
    try {
      const { flags, origins } = await this.#completedBy(config);
      const { checkSettings } = await import('../cli/serve/check-settings.js');
      checkSettings(flags, this.config.version, config, origins);
    } catch (error) {
      const ours = error instanceof Error ? await toOurs(error) : null;
      if (ours === null || this.settingsFile === null) throw ours ?? error;
      const { path } = this.settingsFile;
      const given = flagOrigins(await this.parse(Serve, [...this.#typedArguments]));
      throw aboutSettings(ours, settingsFileOf(path, config.flags.keys(), given));
    }
  }
}
