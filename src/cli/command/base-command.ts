import { Command, Errors, Flags, type Interfaces } from '@oclif/core';
import { ChatstreamError, messageOf } from '../../core/base/errors.js';
import { member } from '../../core/base/json.js';
import type { Logger } from '../../core/base/logger.js';
import { exitCodeOf, exitCodes } from '../exit/exit-codes.js';
import { flagOrigins, fromEnvironment, variableOf } from '../flags/flags.js';
import { misspeltVariables } from '../flags/misspelt-variables.js';
import { aboutSettings, type SettingsFile } from '../flags/settings-file.js';
import { checkSwitches, switchOf } from '../flags/switches.js';
import { withVariables } from '../flags/variables.js';
import { errorLines } from '../terminal/error-lines.js';
import { logLevels } from '../terminal/logging.js';
import { styled, wrappedFor } from '../terminal/terminal.js';

/** All users of a machine can see the arguments of its processes. */
export const typedKeyWarning =
  'the key of --api-key can be read by all users of this machine, in its list of processes: set CHATSTREAM_API_KEY instead';

/** Says the same as `--json`, which oclif looks for on the command line only. */
const jsonVariable = variableOf('json');

/** The flags of all commands, also of those without `--json`. */
export const commonFlags = fromEnvironment({
  'log-level': Flags.option({
    summary: 'How much to log on stderr.',
    options: logLevels,
    default: 'info' as const,
    helpGroup: 'GLOBAL',
  })(),
});

/** Describes oclif's own flag as ours are described. */
const jsonFlag = fromEnvironment({
  json: Flags.boolean({ summary: 'Print JSON on stdout.', helpGroup: 'GLOBAL' }),
});

/** What all commands share: the common flags, and how they report errors. */
export abstract class BaseCommand extends Command {
  /** The file that sets some of the flags; null for none. */
  protected settingsFile: SettingsFile | null = null;
  #isParsed = false;

  static override enableJsonFlag = true;

  static override baseFlags: typeof commonFlags = { ...commonFlags, ...jsonFlag };

  /** Like oclif's, and warns of a key that was typed. */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse<F, B, A>(options, argv);
    const { isTyped } = flagOrigins(parsed);
    const json = Flags.boolean({ env: jsonVariable });
    checkSwitches({ ...this.ctor.baseFlags, ...this.ctor.flags, json }, isTyped);
    // Only the first parsed arguments were typed: later ones may come from a file.
    if (!this.#isParsed && isTyped('api-key') && hasText(member(parsed.flags, 'api-key'))) this.onTypedKey();
    this.#isParsed = true;
    return parsed;
  }

  /** Warns of environment variables whose names are almost those of variables that the command reads. */
  protected warnOfMisspeltVariables(logger: Logger): void {
    const { flags } = this.flagsInMessages;
    const others = this.config.commands.flatMap((command) => Object.values(command.flags).map(({ env }) => env ?? ''));
    for (const misspelt of misspeltVariables(process.env, flags, others)) {
      logger.warn(misspelt, 'this variable has no effect: its name is not known');
    }
  }

  /** Called once if a key is on the command line. */
  protected onTypedKey(): void {
    this.logToStderr(wrappedFor(process.stderr, `Warning: ${typedKeyWarning}.`));
  }

  override jsonEnabled(): boolean {
    return super.jsonEnabled() || switchOf(process.env[jsonVariable]) === true;
  }

  /**
   * Prints a line that is not part of the result: on stdout for people, on stderr next to JSON. oclif's `logToStderr` prints
   * nothing with --json.
   */
  protected logAside(line: string): void {
    if (this.jsonEnabled()) process.stderr.write(`${line}\n`);
    else this.log(line);
  }

  /** Prints what went wrong after the report, apart from it by an empty line: with --json, nothing comes before. */
  protected explainFailures(failures: readonly ChatstreamError[]): void {
    if (failures.length === 0) return;
    const lines = failures.flatMap((failure) => errorLines(process.stderr, failure));
    process.stderr.write(`${this.jsonEnabled() ? '' : '\n'}${lines.join('\n')}\n`);
  }

  protected override async catch(error: Error & { exitCode?: number }): Promise<never> {
    if (error instanceof Errors.ExitError) throw error;
    const ours = await this.#toOurs(error);
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(ours ?? error));
    else this.#explain(ours ?? error);
    return Promise.reject(new Errors.ExitError(ours === null ? exitCodes.unexpectedFailure : exitCodeOf(ours.code)));
  }

  /** The flags that messages may name, and the arguments that may set them. */
  protected get flagsInMessages(): { readonly flags: Interfaces.FlagInput; readonly argv: readonly string[] } {
    return { flags: { ...this.ctor.baseFlags, ...this.ctor.flags }, argv: this.argv };
  }

  async #toOurs(error: Error): Promise<ChatstreamError | null> {
    const { flags, argv } = this.flagsInMessages;
    if (error instanceof Errors.CLIError || (error instanceof ChatstreamError && error.code === 'usage')) {
      error.message = withVariables(error.message, flags, argv);
    }
    const ours = await toOurs(error);
    return ours?.code === 'usage' && this.settingsFile !== null ? aboutSettings(ours, this.settingsFile) : ours;
  }

  protected override toErrorJson(error: unknown): unknown {
    const { code, message, hint } =
      error instanceof ChatstreamError ? error : new ChatstreamError('internal', messageOf(error));
    return { error: { code, message: message.replace(/\s*\n\s*/g, ' '), hint: hint ?? null } };
  }

  #explain(error: Error): void {
    if (error instanceof ChatstreamError) {
      for (const line of errorLines(process.stderr, error)) this.logToStderr(line);
    } else this.logToStderr(`${styled(process.stderr, 'red', 'error:')} ${error.stack ?? error.message}`);
  }
}

/** Whether a flag, or one value of a flag with several, is more than white space. */
function hasText(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasText) : typeof value === 'string' && value.trim() !== '';
}

/** The file that was one too many can be any, even one of the program's own, so none is named. */
function tooManyFiles(error: Error): ChatstreamError | null {
  if (member(error, 'code') !== 'EMFILE') return null;
  return new ChatstreamError('internal', 'This process may not open as many files and connections as it needs.', {
    hint: 'Raise the limit with "ulimit -n 4096" in the shell, or with LimitNOFILE= in a unit of systemd.',
    cause: error,
  });
}

/** The error as a {@link ChatstreamError}; null for an unexpected one, which is a bug. */
export async function toOurs(error: Error): Promise<ChatstreamError | null> {
  if (!(error instanceof ChatstreamError) && !(error instanceof Errors.CLIError)) return tooManyFiles(error);
  // Loaded late: most commands end without needing it.
  const { usageError, withFlagName } = await import('./usage-error.js');
  if (error instanceof Errors.CLIError) return usageError(error);
  const { code, hint } = error;
  return new ChatstreamError(code, withFlagName(error.message), {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
