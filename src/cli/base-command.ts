import { Command, Errors, Flags } from '@oclif/core';
import { ChatstreamError, messageOf } from '../core/base/errors.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { fromEnvironment } from './flags.js';
import { logLevels } from './logging.js';
import { styled } from './terminal.js';

/** What all commands share: the common flags, and how they say that something went wrong. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = fromEnvironment({
    'log-level': Flags.option({
      summary: 'How much to write to stderr.',
      options: logLevels,
      default: 'info' as const,
      helpGroup: 'GLOBAL',
    })(),
  });

  /** `--json` is oclif's own flag and reads no environment variable there. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || /^(1|true|yes)$/i.test(process.env['CHATSTREAM_JSON'] ?? '');
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<never> {
    if (error instanceof Errors.ExitError) throw error;
    const exitCode = this.#exitCodeOf(error);
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error));
    else this.#explain(error);
    return Promise.reject(new Errors.ExitError(exitCode));
  }

  protected override toErrorJson(error: unknown): unknown {
    if (error instanceof ChatstreamError) {
      const { code, message, hint } = error;
      return { error: { code, message: oneLine(message), hint: hint ?? null } };
    }
    const code = error instanceof Errors.CLIError ? 'usage' : 'internal';
    return { error: { code, message: oneLine(messageOf(error)), hint: null } };
  }

  #exitCodeOf(error: Error): number {
    if (error instanceof ChatstreamError) return exitCodeOf(error.code);
    return error instanceof Errors.CLIError ? exitCodes.wrongUsage : exitCodes.unexpectedFailure;
  }

  #explain(error: Error): void {
    const label = styled(process.stderr, 'red', 'error:');
    const unexpected = !(error instanceof ChatstreamError) && !(error instanceof Errors.CLIError);
    const message = unexpected ? (error.stack ?? error.message) : error.message;
    const hint = error instanceof ChatstreamError ? error.hint : undefined;
    this.logToStderr(`${label} ${message}`);
    if (hint !== undefined) this.logToStderr(hint);
  }
}

/** oclif writes what is wrong with a flag on a line of its own, between the flag's name and a word about --help. */
function oneLine(text: string): string {
  return text
    .replace(/\nSee more help with --help$/, '')
    .split(/\s*\n\s*/)
    .join(' ');
}
