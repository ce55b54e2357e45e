import { readFileSync } from 'node:fs';

/** Reads a file of the system; null if there is none. */
export type ReadText = (path: string) => string | null;

/**
 * The memory that the container's limit leaves, in bytes: what the kernel could give back, unused pages of files, is counted as
 * free, as Kubernetes does. The free memory of the machine says nothing about it. Null outside of Linux's cgroups.
 *
 * @param limitBytes of the control group
 */
export function freeInCgroup(limitBytes: number, read: ReadText = readText): number | null {
  for (const { usage, stat, inactive } of places(read('/proc/self/cgroup') ?? '')) {
    const used = Number(read(usage) ?? Number.NaN);
    const found = new RegExp(`^${inactive} (\\d+)$`, 'm').exec(read(stat) ?? '');
    if (Number.isFinite(used)) return Math.max(0, limitBytes - Math.max(0, used - Number(found?.[1] ?? 0)));
  }
  return null;
}

interface Place {
  readonly usage: string;
  readonly stat: string;
  /** How the statistics call unused pages of files. */
  readonly inactive: string;
}

/** Where the figures may be: of the process's own group, or, in a container, of what looks like the root. */
function places(groups: string): readonly Place[] {
  const second = /^0::(.*)$/m.exec(groups)?.[1];
  const first = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const at = (root: string, group: string | undefined): readonly string[] =>
    group === undefined ? [] : [...new Set([`${root}${group === '/' ? '' : group}`, root])];
  return [
    ...at('/sys/fs/cgroup/memory', first).map((folder) => ({
      usage: `${folder}/memory.usage_in_bytes`,
      stat: `${folder}/memory.stat`,
      inactive: 'total_inactive_file',
    })),
    ...at('/sys/fs/cgroup', second).map((folder) => ({
      usage: `${folder}/memory.current`,
      stat: `${folder}/memory.stat`,
      inactive: 'inactive_file',
    })),
  ];
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
