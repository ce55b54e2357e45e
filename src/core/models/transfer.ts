import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../base/child-environment.js';
import { type Clock, systemClock } from '../base/clock.js';
import { type DownloadFailure, type DownloadOrder, isFromDownloader, type ToDownloader } from './download-messages.js';

export type TransferEnd = { readonly type: 'done' } | DownloadFailure;

export interface TransferOptions {
  /** A transfer that brings nothing for this long has failed, in milliseconds. */
  readonly stallMs: number;
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}

/** Time to close the files. */
const stopDeadlineMs = 5000;

/**
 * Runs one download in a process of its own. When it ends, however it does, what has come can be resumed.
 *
 * @returns how it ended; never a failure for an abort
 * @throws the signal's reason
 */
export async function transfer(order: DownloadOrder, options: TransferOptions): Promise<TransferEnd> {
  const { signal, clock = systemClock } = options;
  signal?.throwIfAborted();
  const child = fork(hostPath(), [], {
    env: childEnvironment(process.env),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      if (child.pid === undefined) resolve();
    });
  });
  try {
    return await outcome(child, order, options, clock);
  } finally {
    send(child, { type: 'stop' });
    const cancelTimer = clock.schedule(stopDeadlineMs, () => child.kill('SIGKILL'));
    await exited;
    cancelTimer();
  }
}

function outcome(
  child: ChildProcess,
  order: DownloadOrder,
  { stallMs, onBytes, signal }: TransferOptions,
  clock: Clock,
): Promise<TransferEnd> {
  return new Promise((resolve, reject) => {
    let lastBytes = -1;
    let cancelTimer = watch();
    let lastWords = '';
    const settle = (end: TransferEnd): void => {
      cancelTimer();
      signal?.removeEventListener('abort', onAbort);
      resolve(end);
    };
    const onAbort = (): void => {
      cancelTimer();
      reject(signal?.reason instanceof Error ? signal.reason : new Error('The download was stopped.'));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    child.on('message', (message) => {
      if (!isFromDownloader(message)) return;
      if (message.type !== 'progress') {
        settle(message);
        return;
      }
      if (message.bytes === lastBytes) return;
      lastBytes = message.bytes;
      cancelTimer();
      cancelTimer = watch();
      onBytes(message.bytes);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (lastWords = (lastWords + text).slice(-500)));
    child.once('error', (error) => {
      settle(failure(error.message, null));
    });
    child.once('exit', (code, killer) => {
      settle(failure(`the process that downloads ended (${killer ?? String(code)}) ${lastWords}`.trim(), null));
    });
    send(child, order);

    function watch(): () => void {
      return clock.schedule(stallMs, () => {
        settle(failure(`nothing came for ${Math.round(stallMs / 1000)} s`, 'ESTALLED'));
      });
    }
  });
}

function failure(message: string, code: string | null): DownloadFailure {
  return { type: 'failed', message, status: null, code };
}

function send(child: ChildProcess, message: ToDownloader): void {
  // What can no longer be sent needs no report: the exit tells.
  if (child.connected) child.send(message, () => undefined);
}

/** Node 20 cannot run TypeScript: from `src` (tests), the process runs what `npm run build` put into `dist`. */
function hostPath(): string {
  const beside = fileURLToPath(new URL('./download-host.js', import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL('../../../dist/core/models/download-host.js', import.meta.url));
}
