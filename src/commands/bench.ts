import { BaseCommand } from '../cli/base-command.js';
import { benchFlags, benchOptions } from '../cli/bench-flags.js';
import { exitCodeOf, exitCodes } from '../cli/exit-codes.js';
import { valuesOf } from '../cli/flags.js';
import { showProgress } from '../cli/live-block.js';
import { createLogger } from '../cli/logging.js';
import { givenServerFlags, mostSlotsUnasked, ownServerBeginning, ownServerCommand } from '../cli/own-server-flags.js';
import { firstSignal } from '../cli/signals.js';
import { hasColours } from '../cli/terminal.js';
import type { TargetOptions } from '../core/bench/plan/options.js';
import { ChatstreamError } from '../core/base/errors.js';

export default class Bench extends BaseCommand {
  static override summary = 'Load a server with streaming requests, and find out how many should run at once.';

  static override description = `Measures time to first token, queue wait, time per token and throughput at several max-concurrency settings, and
recommends one. Without --url it starts a chatstream server of its own. Any OpenAI-compatible server can be
measured with --url; those that cannot be told their max-concurrency are measured as they are.

The first Ctrl-C ends the bench early and reports what there is.`;

  static override examples = [
    { description: 'Which setting should this machine run?', command: '<%= config.bin %> <%= command.id %> -c 8' },
    {
      description: 'Your model, longer answers, a file to keep and one to show',
      command:
        '<%= config.bin %> <%= command.id %> -m model.gguf -c 16 --output-tokens 256 -o result.json -o result.html',
    },
    {
      description: 'Another server, with requests that come when they come',
      command: '<%= config.bin %> <%= command.id %> -u http://127.0.0.1:8080 --rate 5 -d 60s --slo "ttft<1s"',
    },
  ];

  static override flags = benchFlags;

  async run(): Promise<object> {
    const { flags, metadata, raw } = await this.parse(Bench);
    const outputs = valuesOf(flags.output);
    const target = this.#target(flags, {
      isDefault: (name) => metadata.flags[name]?.setFromDefault === true,
      isTyped: (name) => raw.some((token) => token.type === 'flag' && token.flag === name),
    });
    const options = benchOptions(flags, target, this.config.version);
    // Loaded late, so that --help and wrong flags need not wait for the load generator's code.
    const { bench } = await import('../core/bench/bench.js');
    const { checkOutput, writeResult } = await import('../core/report/write-report.js');
    const { renderReport } = await import('../core/report/bench/terminal.js');
    const { prepareGate } = await import('../cli/compare-bench.js');
    const { comparisonJson } = await import('../core/report/compare/json.js');
    for (const path of outputs) checkOutput(path);
    const gate = await prepareGate(flags, options);

    const logger = await createLogger(flags['log-level']);
    const { stopping } = firstSignal('Stopped before anything was measured.');
    const live = showProgress(process.stderr, flags['log-level'] === 'silent');
    if (target.kind === 'own') live.waiting(ownServerBeginning(flags));
    const { result, summaries, failure } = await bench(options, {
      signal: stopping,
      onServerLog: (line) => {
        logger.debug({}, `server: ${line}`);
      },
      onProgress: live.progress,
      onRun: live.finished,
    }).finally(live.close);

    const verdict = gate.judge(result, summaries);
    if (!this.jsonEnabled()) {
      const width = Math.min(100, process.stdout.isTTY ? process.stdout.columns : 100);
      const style = { colour: hasColours(process.stdout), width };
      const texts = [renderReport(result, summaries, style), verdict.text(style)].filter((text) => text !== '');
      this.log(texts.join('\n\n'));
    }
    const failed = [failure, verdict.refusal].filter((error) => error !== null);
    for (const path of outputs) {
      await writeResult(path, result, summaries, verdict.comparison).catch((error: unknown) => {
        if (!(error instanceof ChatstreamError)) throw error;
        failed.push(error);
      });
    }
    // Not with logToStderr, which is silent with --json.
    for (const error of failed) process.stderr.write(`${error.advice}\n`);
    if (flags.github) {
      await verdict.tellGithub((line) => {
        if (this.jsonEnabled()) process.stderr.write(`${line}\n`);
        else this.log(line);
      });
    }
    process.exitCode = exitCodeOfBench();
    return verdict.comparison === null ? result : { ...result, comparison: comparisonJson(verdict.comparison) };

    function exitCodeOfBench(): number {
      if (stopping.aborted) return exitCodes.interrupted;
      const [first] = failed;
      if (first !== undefined) return exitCodeOf(first.code);
      if (verdict.exitCode !== exitCodes.done) return verdict.exitCode;
      if (summaries.every(({ requests }) => requests.completed === 0)) return exitCodes.unexpectedFailure;
      return exitCodes.done;
    }
  }

  #target(
    flags: Readonly<Record<string, unknown>> & {
      readonly url?: string | undefined;
      readonly concurrency: readonly number[];
      readonly 'max-concurrency'?: readonly number[] | undefined;
      readonly rate?: number | undefined;
    },
    { isDefault, isTyped }: Readonly<Record<'isDefault' | 'isTyped', (name: string) => boolean>>,
  ): TargetOptions {
    if (flags.url !== undefined) {
      // A variable that is set for servers in general, such as CHATSTREAM_MODEL, is no contradiction.
      const [first] = Object.keys(givenServerFlags(flags, (name) => !isTyped(name)));
      if (first === undefined) return { kind: 'url', url: flags.url };
      throw new ChatstreamError(
        'usage',
        `--${first} is for a server that the bench starts, but --url names one that runs.`,
        {
          hint: 'Leave out one of the two.',
        },
      );
    }
    const clients = Math.max(...flags.concurrency);
    const settings = {
      slots: Math.max(...(flags['max-concurrency'] ?? [Math.min(clients, mostSlotsUnasked)])),
      clients: flags.rate === undefined ? clients : undefined,
    };
    const given = givenServerFlags(flags, isDefault);
    return { kind: 'own', command: ownServerCommand(this.config.root, given, settings), settings: given };
  }
}
