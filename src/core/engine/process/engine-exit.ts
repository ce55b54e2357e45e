import { ChatstreamError } from '../../base/errors.js';

/** How an engine process ended. */
export interface EngineExit {
  /** Null if a signal ended it, or if it never came to life. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it wrote to stderr: where native code says why it gave up. */
  readonly lastLines: readonly string[];
  /** Why it could not even be spawned. */
  readonly spawnError: Error | null;
}

/** An exit that nobody asked for, as an error for the operator. */
export function exitError(exit: EngineExit): ChatstreamError {
  const lastWords = exit.lastLines.length === 0 ? '' : ` Its last words: ${exit.lastLines.join(' | ')}`;
  return new ChatstreamError('engine_failed', `The engine process ${manner(exit)}.${lastWords}`, {
    ...(exit.signal === 'SIGKILL' && { hint: 'Try a smaller model, a smaller --context or fewer --slots.' }),
    ...(exit.spawnError !== null && { cause: exit.spawnError }),
  });
}

function manner({ code, signal, spawnError }: EngineExit): string {
  if (spawnError !== null) return `could not be started: ${spawnError.message}`;
  if (signal === 'SIGKILL') return 'was killed (SIGKILL), most likely because the machine ran out of memory';
  if (signal !== null) return `crashed (${signal})`;
  return `ended unexpectedly with exit code ${code ?? 'unknown'}`;
}
