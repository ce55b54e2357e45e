import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ChatstreamError, messageOf } from '../../base/errors.js';
import { environmentWithoutSecrets } from '../../base/processes/environment.js';
import type { Spawn } from '../../base/processes/line-program.js';
import { signalChild } from '../../base/processes/signal-child.js';

/** A `chatstream serve` that was started for the bench. */
export interface OwnServer {
  readonly url: string;
  readonly device: string;
  stop(): Promise<void>;
}

const readyEvent = Compile(Type.Object({ event: Type.Literal('ready'), url: Type.String(), device: Type.String() }));
const errorEvent = Compile(
  Type.Object({
    error: Type.Object({
      code: Type.String(),
      message: Type.String(),
      hint: Type.Union([Type.String(), Type.Null()]),
    }),
  }),
);

/** The longest time to stop: by then, it has nothing left to finish. */
const stopMs = 5000;

/**
 * Starts a server in a separate process, so that client and server do not share a thread, and waits until its model is
 * loaded.
 *
 * @param command program and arguments of a `chatstream serve --json`
 * @param onLog called with each line that it writes to stderr
 * @param signal aborted to cancel
 * @param create for tests
 * @throws ChatstreamError `target_unreachable` with the server's own message if it does not start, `usage` if that is
 *   because of its flags, `cancelled` if the signal is aborted first; then nothing is left running
 */
export async function startOwnServer(
  [program = '', ...args]: readonly string[],
  onLog: (line: string) => void,
  signal: AbortSignal,
  create: Spawn = spawn,
): Promise<OwnServer> {
  throwIfStopped(signal);
  const child = await spawned(program, args, create);
  child.channel?.unref();
  createInterface({ input: pipeOf(child.stderr) }).on('line', onLog);
  const stdout = pipeOf(child.stdout);
  const stop = stopper(child);
  const abort = (): void => {
    void stop();
  };
  const endWithUs = (): void => {
    killAll(child);
  };
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const line of createInterface({ input: stdout })) {
      const event = parsed(line);
      if (readyEvent.Check(event)) {
        // It may have been ready just before it was told to end.
        throwIfStopped(signal);
        stdout.resume();
        return { url: event.url, device: event.device, stop };
      }
      if (errorEvent.Check(event)) {
        const { code, message, hint } = event.error;
        throw new ChatstreamError(
          code === 'usage' ? 'usage' : 'target_unreachable',
          message,
          hint === null ? {} : { hint },
        );
      }
    }
    throw endedEarly('The server ended before it was ready.');
  } catch (error) {
    await stop();
    throwIfStopped(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** @throws ChatstreamError `target_unreachable` if the process cannot be created */
async function spawned(program: string, args: readonly string[], create: Spawn): Promise<ChildProcess> {
  let child: ChildProcess;
  try {
    // In its own process group: Ctrl-C in the terminal is for the bench, which ends the server when it is done.
    child = create(program, args, {
      // Nothing is sent over the channel. When it closes, the server knows that this process has ended, for any reason.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
      env: serverEnvironment(process.env, args),
    });
    // Other errors of the operating system are events, and there may then be no pipes.
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
  } catch (error) {
    throw endedEarly(`The server could not be started: ${messageOf(error)}.`, error);
  }
  // Later errors, such as a kill that came too late, change nothing, because the exit tells what happened.
  child.on('error', () => undefined);
  return child;
}

function endedEarly(message: string, cause?: unknown): ChatstreamError {
  return new ChatstreamError('target_unreachable', message, {
    hint: 'Start it by hand with chatstream serve to see why.',
    ...(cause !== undefined && { cause }),
  });
}

function pipeOf(stream: Readable | null): Readable {
  if (stream === null) throw new Error('the server was started without pipes');
  return stream;
}

function throwIfStopped({ aborted }: AbortSignal): void {
  if (aborted) throw new ChatstreamError('cancelled', 'Stopped before the server was ready.');
}

/**
 * Without the variables of the bench's own flags, which are not meant for the server: its arguments say what it needs.
 * Also without credentials, except those of Hugging Face if it has to download its model.
 */
function serverEnvironment(environment: NodeJS.ProcessEnv, args: readonly string[]): NodeJS.ProcessEnv {
  const isRemoteModel = args.some((each) => /^(?:hf|huggingface|https?):/i.test(each));
  const entries = Object.entries(
    environmentWithoutSecrets(environment, (name) => isRemoteModel && name.startsWith('HF_')),
  );
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('CHATSTREAM_') || name === 'CHATSTREAM_CACHE'));
}

/** Sends one signal only, because a second one would end the server without its engine. */
function stopper(child: ChildProcess): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= end(child));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  signalChild(child, 'SIGTERM');
  const timer = setTimeout(() => {
    killAll(child);
  }, stopMs);
  await exited;
  clearTimeout(timer);
}

/** Kills the server and its engine process, which are one process group. */
function killAll(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') {
    signalChild(child, 'SIGKILL');
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // They are gone already.
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
