import { EventEmitter } from 'node:events';
import { ChatstreamError } from '../../core/base/errors.js';
import { exitCodes } from './exit-codes.js';

/** What asks for a clean shutdown: a signal, or a request to the server. */
type ShutdownCause = NodeJS.Signals | 'request';

export interface FirstSignal {
  /** Resolves with the signal. */
  readonly signalled: Promise<ShutdownCause>;
  /** Does what the first signal does, unless there has been one. */
  readonly ask: (cause: ShutdownCause) => void;
  /** Aborted by the signal. */
  readonly stopping: AbortSignal;
  /** Calls back with the second signal, right before it ends the process. What is logged then is still written. */
  readonly beforeEnd: (callback: (signal: NodeJS.Signals) => void) => void;
  /** Stops listening. */
  readonly release: () => void;
}

/**
 * Waits for the first SIGINT or SIGTERM, which asks for a clean shutdown. The second one ends the process at once.
 *
 * @param message of the error with which `stopping` is aborted
 */
export function firstSignal(message = 'Stopped before the model was loaded.'): FirstSignal {
  const controller = new AbortController();
  const came = new EventEmitter<{ signal: [ShutdownCause] }>();
  const signalled = new Promise<ShutdownCause>((resolve) => came.once('signal', resolve));
  const begin = (cause: ShutdownCause): void => {
    controller.abort(new ChatstreamError('cancelled', message));
    came.emit('signal', cause);
  };
  let atSecond: (signal: NodeJS.Signals) => void = () => undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      begin(signal);
      return;
    }
    try {
      atSecond(signal);
    } finally {
      process.exit(exitCodes.interrupted);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signalled,
    stopping: controller.signal,
    ask(cause) {
      if (!controller.signal.aborted) begin(cause);
    },
    beforeEnd(callback) {
      atSecond = callback;
    },
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/**
 * Each SIGHUP from now on, which would otherwise end the process. Several that arrive before they are handled count as
 * one.
 */
export class Hangups {
  #isPending = false;
  #callback = (): void => {
    this.#isPending = true;
  };

  constructor() {
    process.on('SIGHUP', () => {
      this.#callback();
    });
  }

  /** Calls back for signals that have arrived, and for each that arrives. */
  handle(callback: () => void): void {
    this.#callback = callback;
    if (this.#isPending) callback();
  }
}

/**
 * Ends this process as a SIGTERM would once the program that started it is gone, even if that program was killed: for a
 * server that a bench has started, and for a bench that a server has started. Without a channel to another program, as
 * when started from a shell, it does nothing.
 */
export function endWithParent(): void {
  if (process.channel === undefined) return;
  process.channel.unref();
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
  });
}
