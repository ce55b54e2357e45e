import { setImmediate } from 'node:timers/promises';
import { Config, Errors, handle, run } from '@oclif/core';
import type { ChatstreamError } from '../core/base/errors.js';
import { outputProblem } from '../core/base/files/file-errors.js';
import { exitCodes } from './exit/exit-codes.js';
import { errorLines } from './terminal/error-lines.js';
import { wrappedFor } from './terminal/terminal.js';

/** Runs the command that `process.argv` names. */
export async function main(): Promise<void> {
  guardOutput();
  try {
    await run(process.argv.slice(2), import.meta.url);
    if (process.argv[2] === 'autocomplete') await hintAtShells();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [, id] = error instanceof Errors.CLIError ? (/^command (\S+) not found\.?$/i.exec(error.message) ?? []) : [];
    if (id !== undefined) {
      await explainUnknown(id);
      return;
    }
    // Our own commands have explained theirs, and end with an exit code.
    if (error instanceof Errors.CLIError && !(error instanceof Errors.ExitError)) {
      const { usageError } = await import('./command/usage-error.js');
      explain(usageError(error));
      return;
    }
    // The streams report failed writes in a later tick, and `handle` ends the process at once.
    await setImmediate();
    await handle(error);
  }
}

/** The steps of `autocomplete` are not ours, and there are none for some shells. */
async function hintAtShells(): Promise<void> {
  const { completionHint } = await import('./command/completion-hint.js');
  const { shell } = await Config.load(import.meta.url);
  const hint = completionHint(process.argv.slice(2), shell);
  if (hint !== null) process.stderr.write(`${wrappedFor(process.stderr, hint)}\n`);
}

/** A command that does not exist is wrong usage, as is a flag that does not exist. */
async function explainUnknown(id: string): Promise<void> {
  const { unknownCommandError } = await import('./command/unknown-command.js');
  const { commands } = await Config.load(import.meta.url);
  const known = commands.map((each) => ({ id: each.id, flags: Object.keys(each.flags) }));
  explain(unknownCommandError(wordsOf(id), known));
}

/** What was typed is wrong: says so in the form of all other errors. */
function explain(error: ChatstreamError): void {
  const { code, message, hint } = error;
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`);
  else process.stderr.write(`${errorLines(process.stderr, error).join('\n')}\n`);
  process.exitCode = exitCodes.wrongUsage;
}

/** As they were typed: oclif joins them to one id, with colons, which a word such as a URL may contain itself. */
function wordsOf(id: string): readonly string[] {
  const typed = process.argv.slice(2);
  const end = typed.findIndex((word) => word.startsWith('-'));
  const command = end === -1 ? typed : typed.slice(0, end);
  const words = command[0] === 'help' ? command.slice(1) : command;
  return words.length === 0 ? id.split(':') : words;
}

/**
 * Decides what happens when stdout or stderr cannot be written to. The rest of the command, such as writing its files
 * or serving requests, continues.
 *
 * - The reader of stdout is gone, as in `chatstream models | head -1`: no message, and the exit code of the command, so
 *   that a regression found by `compare` is still one.
 * - Anything else, such as a full disk: one line on stderr, and exit code 1 if the command would end with 0.
 * - stderr: nothing, because there is nowhere left to report it.
 */
function guardOutput(): void {
  // oclif listens already, and throws everything but EPIPE, which would end the process with a stack trace.
  process.stdout.removeAllListeners('error');
  let hasFailed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (hasFailed || error.code === 'EPIPE') return;
    hasFailed = true;
    process.stderr.write(`error: ${outputProblem(error)}\n`);
  });
  process.stderr.on('error', () => undefined);
  process.once('exit', () => {
    if (hasFailed && (process.exitCode ?? exitCodes.done) === exitCodes.done) {
      process.exitCode = exitCodes.unexpectedFailure;
    }
  });
}
