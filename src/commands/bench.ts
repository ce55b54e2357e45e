import { repeatingCommand } from '../cli/bench/flags/command.js';
import { type BenchFlags, benchFlags } from '../cli/bench/flags/flags.js';
import { showProgress } from '../cli/bench/live-block.js';
import { benchFilesOf } from '../cli/bench/options/files.js';
import { benchOptions } from '../cli/bench/options/options.js';
import { parentListener } from '../cli/bench/parent-listener.js';
import { BaseCommand } from '../cli/command/base-command.js';
import { exitLine } from '../cli/exit/exit-line.js';
import { endWithParent, firstSignal } from '../cli/exit/signals.js';
import { type FlagOrigins, flagOrigins, valuesOf } from '../cli/flags/flags.js';
import { settingsFileOf } from '../cli/flags/settings-file.js';
import { argumentsOf } from '../cli/serve/flags/config-flags.js';
import { ownServerBeginning } from '../cli/serve/flags/own-server.js';
import { createLogger, type LogLevel } from '../cli/terminal/logging.js';
import { reportStyle, wrappedFor } from '../cli/terminal/terminal.js';

export default class Bench extends BaseCommand {
  static override usage = '<%= command.id %> [FLAGS]';

  static override summary = 'Load-test a server with streaming requests, and find out how many should run at once.';

  static override description = `Measures time to first token, queue wait, time per token and throughput at several values of max-concurrency, and recommends one. Without --url, it starts its own chatstream server. With --url, it measures any OpenAI-compatible server; one whose max-concurrency cannot be changed is measured as it is.

The first Ctrl-C ends the bench early and reports what has been measured by then.`;

  static override examples = [
    { description: 'Find the best setting for this machine', command: '<%= config.bin %> <%= command.id %> -c 8' },
    {
      description: 'Measure your own model with longer outputs, and write a file to keep and one to read',
      command:
        '<%= config.bin %> <%= command.id %> -m model.gguf -c 16 --output-tokens 256 -o result.json -o result.html',
    },
    {
      description: 'Measure another server in an open loop, with an objective',
      command: '<%= config.bin %> <%= command.id %> -u http://127.0.0.1:8080 --rate 5 -d 60s --slo "ttft<1s"',
    },
    {
      description: 'Find the highest rate at which an objective holds',
      command: `<%= config.bin %> <%= command.id %> -u http://127.0.0.1:8080 --find-max 'ttft.p95<500ms'`,
    },
    {
      description: 'Send from three machines on which chatstream bench-agent runs',
      command:
        '<%= config.bin %> <%= command.id %> --cluster nats://10.0.0.1 --agents 3 -u http://10.0.0.2:8000 -c 3000',
    },
  ];

  static override flags = benchFlags;

  async run(): Promise<object> {
    const { flags, origins, command } = await this.#settings();
    const files = await benchFilesOf(flags, origins);
    const options = benchOptions(flags, origins, this.config, { ...files, command });
    // Loaded late, so that --help and wrong flags do not wait for the load generator's code.
    const { bench } = await import('../core/bench/bench.js');
    const { checkOutput } = await import('../core/report/write-report.js');
    const { prepareGate } = await import('../cli/bench/gate.js');
    const { benchJson, benchText, exitCodeOfBench, keepReport } = await import('../cli/bench/report.js');
    valuesOf(flags.output).forEach(checkOutput);
    const gate = await prepareGate(flags, options);
    // Not with logToStderr, which prints nothing with --json.
    for (const note of gate.foreseen) process.stderr.write(`${wrappedFor(process.stderr, `! ${note}`)}\n`);

    const logger = createLogger(flags['log-level']);
    const { stopping } = firstSignal('Stopped before anything was measured.');
    endWithParent();
    const tellParent = parentListener();
    const live = showProgress(process.stderr, flags['log-level'] === 'silent');
    const report = await bench(options, {
      signal: stopping,
      onServerStart: () => {
        live.waiting(ownServerBeginning(flags));
      },
      onWait: (url) => {
        live.waiting(`Waiting for ${url} to be ready …`);
      },
      onWaitFor: (what) => {
        live.waiting(what);
      },
      onServerLog: (line) => {
        logger.debug({}, `server: ${line}`);
      },
      onProgress: (progress) => {
        live.progress(progress);
        tellParent(progress);
      },
      onRun: live.finished,
      onTargets: gate.checkTargets,
      isDecided: gate.isDecided,
    }).finally(live.close);

    const verdict = gate.judge(report.result, report.summaries);
    this.log(benchText(report, verdict, reportStyle(process.stdout)));
    const failures = await keepReport(flags, report, verdict, (line) => {
      this.logAside(line);
    });
    this.explainFailures(failures);
    const exitCode = exitCodeOfBench(report, verdict, failures, stopping.aborted);
    const meaning = exitLine(exitCode, verdict.comparison?.verdict ?? null, {
      isStrict: flags.strict,
      objectives: verdict.objectives,
      isExplained: failures.length > 0,
    });
    if (meaning !== null) this.log(`\n${wrappedFor(process.stdout, meaning)}`);
    process.exitCode = exitCode;
    return benchJson(report, verdict);
  }

  /**
   * The flags, with values from the configuration file for those that neither the command line nor the environment
   * sets.
   */
  async #settings(): Promise<{
    readonly flags: BenchFlags & { readonly 'log-level': LogLevel };
    readonly origins: FlagOrigins;
    readonly command: string;
  }> {
    let parsed = await this.parse(Bench);
    const { config } = parsed.flags;
    if (config !== undefined) {
      const { joinedLists, readBenchConfig } = await import('../cli/bench/flags/config.js');
      const values = joinedLists(await readBenchConfig(config), Bench.flags);
      const given = flagOrigins(parsed);
      this.settingsFile = settingsFileOf(config, values.keys(), given);
      const added = argumentsOf(values, Bench.flags, given, 'bench');
      parsed = await this.parse(Bench, [...this.argv, ...added]);
    }
    const origins = flagOrigins(parsed);
    return { flags: parsed.flags, origins, command: repeatingCommand(parsed, Bench.flags, origins, process.env) };
  }
}
