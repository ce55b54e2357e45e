import { defaultWidth, type ReportStyle } from '../core/report/text/style.js';
import { exitCodes } from './exit-codes.js';
import { hasColours } from './terminal.js';

/**
 * Decides what happens when stdout or stderr cannot be written to. Whatever else a command does, such as writing its
 * files or serving requests, it still does.
 *
 * - The reader of stdout is gone, as in `chatstream models | head -1`: no message, and the exit code of the command, so
 *   that a regression found by `compare` is still one.
 * - Anything else, such as a full disk: one line on stderr, and exit code 1 if the command would end with 0.
 * - stderr: nothing, because there is nowhere left to report it.
 */
export function guardOutput(): void {
  // oclif listens already, and throws everything but EPIPE, which would end the process with a stack trace.
  process.stdout.removeAllListeners('error');
  let hasFailed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (hasFailed || error.code === 'EPIPE') return;
    hasFailed = true;
    process.stderr.write(`error: The output could not be written: ${error.message}.\n`);
  });
  process.stderr.on('error', () => undefined);
  process.once('exit', () => {
    if (hasFailed && (process.exitCode ?? exitCodes.done) === exitCodes.done) {
      process.exitCode = exitCodes.unexpectedFailure;
    }
  });
}

/** How a report looks on a stream. Lines beyond the usual width would be hard to read, however wide the terminal is. */
export function reportStyle(stream: NodeJS.WriteStream): ReportStyle {
  return { colour: hasColours(stream), width: stream.isTTY ? Math.min(defaultWidth, stream.columns) : defaultWidth };
}
