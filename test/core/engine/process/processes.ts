import { readFileSync } from 'node:fs';
import type { SupervisedEngine } from '../../../../src/core/engine/process/supervised-engine.js';

/** Whether a process exists and has not ended: a zombie counts as ended. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return process.platform !== 'linux';
  }
}

/**
 * The processes that a process has started to run a script, by the script's name or an argument. Others come and go: a
 * program of a GPU's driver, for example, is tried on every machine. Linux only.
 */
export function childrenOf(pid: number, argument: string): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.filter((child) => argumentsOf(child).some((each) => each.endsWith(argument)));
}

/** None if the process has ended. */
function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The number of the process that generates; 0 while there is none. */
export function pidOf(engine: SupervisedEngine): number {
  return engine.processes[0].pid ?? 0;
}

/** The path of a script to run as a process. */
export function fixture(name: string): string {
  return new URL(`./fixtures/${name}.js`, import.meta.url).pathname;
}
