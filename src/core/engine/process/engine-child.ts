import type { ChildProcess } from 'node:child_process';
import { systemClock } from '../../base/clock.js';
import { ChatstreamError } from '../../base/errors.js';
import { member } from '../../base/json.js';
import type { Engine } from '../engine.js';
import { processNames, type ProcessRole } from '../process-role.js';

/** What the supervisor needs to know about an engine process. */
export interface EngineChild extends Engine {
  /** A process that prepares prompts is never asked to generate, and vice versa. */
  readonly role: ProcessRole;
  /** The operating system's number of the process; null if it could not be spawned. */
  readonly pid: number | null;
  /** False from the moment at which the end of the process is noticed, before any of its calls reject. */
  readonly alive: boolean;
  /** Resolves when the process has ended, for any reason, and its last messages have been read. Never rejects. */
  readonly exited: Promise<EngineExit>;
  /** Number of messages received so far: as long as it grows, the event loop of the process runs. */
  readonly messages: number;
  /** Ends the process at once. */
  kill(): void;
}

/** How an engine process ended. */
export interface EngineExit {
  /** Null if a signal ended the process, or if it was never spawned. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines that the process wrote to stderr, where native code explains why it gave up. */
  readonly lastLines: readonly string[];
  /** Why the process could not be spawned; null if it was. */
  readonly spawnError: Error | null;
}

/**
 * After the exit, what the process has written may still be on its way. All of it has arrived at `close`, but a
 * grandchild that inherited the pipes can delay `close` for as long as it lives.
 */
const lastMessagesMs = 250;

/** Resolves when the process has ended and its last messages have been read. Never rejects. */
export function endOf(child: ChildProcess): Promise<Omit<EngineExit, 'lastLines'>> {
  return new Promise((resolve) => {
    // Other errors, such as a kill that came too late, change nothing: the exit tells what happened.
    child.on('error', (spawnError) => {
      if (child.pid === undefined) resolve(neverSpawned(spawnError));
    });
    child.once('exit', (code, signal) => {
      const end = { code, signal, spawnError: null };
      const cancelTimer = systemClock.schedule(lastMessagesMs, () => {
        resolve(end);
      });
      child.once('close', () => {
        cancelTimer();
        resolve(end);
      });
    });
  });
}

/** The end of a process that could not be created. */
export function neverSpawned(spawnError: Error): Omit<EngineExit, 'lastLines'> {
  return { code: null, signal: null, spawnError };
}

/** How native code ends a process when it gives up, or does something illegal. */
const crashSignals = new Set(['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP']);

/** From here on, exit codes on Windows are uncaught exceptions. */
const firstWindowsException = 0xc0000000;

/** Whether native code ended the process, rather than us, the system for lack of memory, or the engine itself. */
export function hasCrashed({ code, signal }: EngineExit): boolean {
  return signal === null ? code !== null && code >= firstWindowsException : crashSignals.has(signal);
}

/** A line of a stack trace: `…/libggml-base.so(ggml_abort+0x152)[0x7ff38fa34f42]`. It says nothing to an operator. */
export function isStackFrame(line: string): boolean {
  return /\[0x[0-9a-f]+\]\s*$/i.test(line);
}

/** An unexpected exit, as an error for the operator. */
export function exitError(exit: EngineExit, role: ProcessRole): ChatstreamError {
  const lastWords = exit.lastLines.length === 0 ? '' : ` Its last output: ${exit.lastLines.join(' | ')}`;
  const hint = hintFor(exit);
  return new ChatstreamError('engine_failed', `The ${processNames[role]} ${manner(exit)}.${lastWords}`, {
    ...(hint !== null && { hint }),
    ...(exit.spawnError !== null && { cause: exit.spawnError }),
  });
}

function hintFor({ signal, spawnError, lastLines }: EngineExit): string | null {
  if (signal === 'SIGKILL')
    return 'Try a smaller model, a smaller --context, fewer --slots or a smaller --prompt-cache.';
  if (lastLines.some((line) => line.includes('CUDA error'))) {
    return 'Update the NVIDIA driver, or choose another device with --gpu vulkan or --gpu off.';
  }
  switch (member(spawnError, 'code')) {
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files and connections are open: raise the limit (ulimit -n), or accept fewer connections.';
    case 'EAGAIN':
      return 'Too many processes run: raise the limit (ulimit -u), or end some.';
    case 'ENOMEM':
      return 'The machine is out of memory: end other programs, or use a smaller model.';
    default:
      return null;
  }
}

function manner({ code, signal, spawnError }: EngineExit): string {
  if (spawnError !== null) return `could not be started: ${spawnError.message}`;
  if (signal === 'SIGKILL') return 'was killed (SIGKILL), most likely because the machine ran out of memory';
  if (signal !== null) return `crashed (${signal})`;
  return `ended unexpectedly with exit code ${code ?? 'unknown'}`;
}
