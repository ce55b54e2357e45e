import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** How much the processors of the machine have worked since it started. Only differences mean anything. */
export interface ProcessorTimes {
  readonly cores: number;
  /** Of all cores together, in any unit. */
  readonly busy: number;
  /** The same, including idle time. */
  readonly total: number;
}

/**
 * On Linux from the system's own file, in the thread pool: Node's function reads several files for each core there, which
 * takes milliseconds on large machines, and nothing else is done meanwhile.
 */
export async function readProcessorTimes(): Promise<ProcessorTimes> {
  try {
    return parseProcStat(await readFile('/proc/stat', 'utf8')) ?? fromNode();
  } catch {
    // Not Linux, or a system that hides it.
    return fromNode();
  }
}

/** @param text of `/proc/stat`, see proc(5) */
export function parseProcStat(text: string): ProcessorTimes | null {
  const line = /^cpu +(\d[\d ]*)$/m.exec(text)?.[1];
  const cores = text.match(/^cpu\d+ /gm)?.length ?? 0;
  if (line === undefined || cores === 0) return null;
  // user nice system idle iowait irq softirq steal; the remaining values are also part of user and nice.
  const times = line.split(' ').slice(0, 8).map(Number);
  const total = sum(times);
  return { cores, busy: total - (times[3] ?? 0) - (times[4] ?? 0), total };
}

function fromNode(): ProcessorTimes {
  const all = cpus().map(({ times }) => times);
  const total = sum(all.flatMap((times) => Object.values(times)));
  return { cores: Math.max(1, all.length), busy: total - sum(all.map(({ idle }) => idle)), total };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
