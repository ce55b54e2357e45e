import { destination, type Logger, pino } from 'pino';
import { hasColours } from './terminal.js';

export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof logLevels)[number];

/**
 * The log on stderr: lines for people on a terminal, JSON everywhere else.
 *
 * Writing is asynchronous, so that a pipe that nobody reads cannot stop the server, and a write that fails, on a full
 * disk for example, costs a line of the log and nothing else.
 */
export async function createLogger(level: LogLevel): Promise<Logger> {
  const options = { level, base: null, formatters: { level: (label: string) => ({ level: label }) } };
  if (process.stderr.isTTY) {
    const { default: pretty } = await import('pino-pretty');
    const stream = pretty({
      colorize: hasColours(process.stderr),
      translateTime: 'SYS:HH:MM:ss',
      singleLine: true,
      destination: 2,
      sync: true,
    });
    return pino(options, stream);
  }
  const stderr = destination({ dest: 2, sync: false });
  let isFailing = false;
  stderr.on('error', () => {
    isFailing = true;
  });
  stderr.on('write', () => {
    isFailing = false;
  });
  // Before pino's own, which flushes as well: what cannot be written would be tried again for ever.
  process.prependListener('exit', () => {
    try {
      if (isFailing) stderr.destroy();
      else stderr.flushSync();
    } catch {
      // The log cannot be written, and there is nowhere left to say so.
    }
  });
  return pino({ ...options, timestamp: () => `,"time":"${new Date().toISOString()}"` }, stderr);
}
