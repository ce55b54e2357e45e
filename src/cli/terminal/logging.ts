import { destination, type Logger, type LoggerOptions, pino } from 'pino';
import { columnsOf, hasColours } from './terminal.js';
import { terminalLine } from './terminal-log.js';

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof logLevels)[number];

/**
 * The log on stderr: lines for people on a terminal, JSON everywhere else.
 *
 * Except on a terminal, writing is asynchronous, so that a pipe that is not read cannot stop the server. A failed
 * write, for example on a full disk, only costs a line of the log.
 */
export function createLogger(level: LogLevel): Logger {
  const options = { level, base: null, formatters: { level: (label: string) => ({ level: label }) } };
  return process.stderr.isTTY ? terminalLogger(options) : jsonLogger(options);
}

function terminalLogger(options: LoggerOptions): Logger {
  const { stderr } = process;
  const terminal = destination({ dest: 2, sync: true });
  terminal.on('error', () => {
    // The terminal is gone, and there is nowhere left to report it.
  });
  return pino(options, {
    write: (line: string) => {
      terminal.write(terminalLine(line, { colours: hasColours(stderr), columns: columnsOf(stderr) }));
    },
  });
}

function jsonLogger(options: LoggerOptions): Logger {
  const stderr = destination({ dest: 2, sync: false });
  let isFailing = false;
  stderr.on('error', () => {
    isFailing = true;
  });
  stderr.on('write', () => {
    isFailing = false;
  });
  // Runs before pino's own listener, which also flushes and would retry forever if writing fails.
  process.prependListener('exit', () => {
    try {
      if (isFailing) stderr.destroy();
      else stderr.flushSync();
    } catch {
      // The log cannot be written, and there is nowhere left to report it.
    }
  });
  return pino({ ...options, timestamp: () => `,"time":"${new Date().toISOString()}"` }, stderr);
}
