import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { messageOf } from '../errors.js';
import { environmentWithoutSecrets } from './environment.js';
import { signalChild } from './signal-child.js';

export interface LineReader {
  onLine(line: string): void;
  /** Called once, never before {@link runForLines} has returned. @param error why it could not be started, or null */
  onEnd?(error: Error | null): void;
}

/** Creates the process; by default Node's `spawn`. */
export type Spawn = (program: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

/**
 * Runs a program and reads its standard output line by line. Our process does not wait for it when it ends.
 *
 * If the operating system lacks descriptors, processes or memory, Node.js throws some errors and reports others as
 * events, and a child that could not be created may have no output to read. Here, all of these count as ends of the
 * program.
 *
 * @returns a function that ends the program
 */
export function runForLines(
  program: string,
  args: readonly string[],
  reader: LineReader,
  create: Spawn = spawn,
): () => void {
  let child: ChildProcess;
  const onEnd = endOnce(reader);
  try {
    child = create(program, args, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: environmentWithoutSecrets(process.env),
      windowsHide: true,
    });
  } catch (error) {
    process.nextTick(onEnd, error instanceof Error ? error : new Error(messageOf(error)));
    return () => undefined;
  }
  child.unref();
  child.on('error', (error) => {
    // An error of a running program, such as a kill that came too late, changes nothing.
    if (child.pid === undefined) onEnd(error);
  });
  child.on('exit', () => {
    onEnd(null);
  });
  readLines(child.stdout, reader);
  return () => {
    signalChild(child, 'SIGTERM');
  };
}

/** @param output undefined if there was no descriptor for it, whatever Node's types say */
function readLines(output: Readable | null | undefined, reader: LineReader): void {
  if (output === null || output === undefined) return;
  createInterface({ input: output }).on('line', (line) => {
    reader.onLine(line);
  });
}

function endOnce(reader: LineReader): (error: Error | null) => void {
  let hasEnded = false;
  return (error) => {
    if (!hasEnded) reader.onEnd?.(error);
    hasEnded = true;
  };
}
