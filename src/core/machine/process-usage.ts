import { readFile } from 'node:fs/promises';

/** What a process has used. */
export interface ProcessUsage {
  readonly pid: number;
  /** CPU time since it started, in milliseconds. */
  readonly cpuMs: number;
  /** Memory that it occupies, in bytes. */
  readonly residentBytes: number;
}

/** The unit of times in `/proc`, the same on all architectures that Node runs on. */
const ticksPerSecond = 100;

/**
 * What this process and some others have used. Others are only known on Linux; one that has just ended is left out.
 *
 * @param others the numbers of other processes
 */
export async function readProcessUsage(others: readonly number[]): Promise<readonly ProcessUsage[]> {
  const { user, system } = process.cpuUsage();
  const own = { pid: process.pid, cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage.rss() };
  const found = await Promise.all(others.map(usageOf));
  return [own, ...found.filter((usage) => usage !== null)];
}

async function usageOf(pid: number): Promise<ProcessUsage | null> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    return parseProcess(pid, stat, status);
  } catch {
    // It has ended, or this is not Linux.
    return null;
  }
}

/**
 * @param stat the text of `/proc/PID/stat`
 * @param status the text of `/proc/PID/status`
 */
export function parseProcess(pid: number, stat: string, status: string): ProcessUsage | null {
  // The name comes before, in brackets, and may have spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const residentKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  if (!Number.isFinite(ticks + residentKb)) return null;
  return { pid, cpuMs: (ticks * 1000) / ticksPerSecond, residentBytes: residentKb * 1024 };
}
