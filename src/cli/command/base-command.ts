import { Command, Errors, Flags } from '@oclif/core';
import { ChatstreamError, messageOf } from '../../core/base/errors.js';
import { exitCodeOf, exitCodes } from '../exit/exit-codes.js';
import { fromEnvironment } from '../flags/flags.js';
import { logLevels } from '../terminal/logging.js';
import { styled } from '../terminal/terminal.js';

/** What all commands share: the common flags, and how they report errors. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = fromEnvironment({
    'log-level': Flags.option({
      summary: 'How much to log on stderr.',
      options: logLevels,
      default: 'info' as const,
      helpGroup: 'GLOBAL',
    })(),
  });

  /** `--json` is oclif's own flag and reads no environment variable there. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || /^(1|true|yes)$/i.test(process.env['CHATSTREAM_JSON'] ?? '');
  }

  /**
   * Prints a line that is not part of the result: on stdout for people, on stderr next to JSON. oclif's `logToStderr` prints
   * nothing with --json.
   */
  protected logAside(line: string): void {
    if (this.jsonEnabled()) process.stderr.write(`${line}\n`);
    else this.log(line);
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<never> {
    if (error instanceof Errors.ExitError) throw error;
    const ours = await toOurs(error);
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(ours ?? error));
    else this.#explain(ours ?? error);
    return Promise.reject(new Errors.ExitError(ours === null ? exitCodes.unexpectedFailure : exitCodeOf(ours.code)));
  }

  protected override toErrorJson(error: unknown): unknown {
    const { code, message, hint } =
      error instanceof ChatstreamError ? error : new ChatstreamError('internal', messageOf(error));
    return { error: { code, message: message.replace(/\s*\n\s*/g, ' '), hint: hint ?? null } };
  }

  #explain(error: Error): void {
    const label = styled(process.stderr, 'red', 'error:');
    const isOurs = error instanceof ChatstreamError;
    this.logToStderr(`${label} ${isOurs ? error.message : (error.stack ?? error.message)}`);
    if (isOurs && error.hint !== undefined) this.logToStderr(error.hint);
  }
}

/** The error as one of our own; null for an unexpected one, which is a bug. */
export async function toOurs(error: Error): Promise<ChatstreamError | null> {
  if (!(error instanceof ChatstreamError) && !(error instanceof Errors.CLIError)) return null;
  // Loaded late: most commands end without it.
  const { usageError, withFlagName } = await import('./usage-error.js');
  if (error instanceof Errors.CLIError) return usageError(error);
  const { code, hint } = error;
  return new ChatstreamError(code, withFlagName(error.message), {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
