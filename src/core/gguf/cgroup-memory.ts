import { readFileSync } from 'node:fs';

/** Reads a file of the system; null if there is none. */
export type ReadText = (path: string) => string | null;

/**
 * The memory that the container's limit leaves, in bytes: what the kernel could give back, pages of files such as the weights of a
 * model, is counted as free, as it is in the free memory of a machine, which says nothing about a container. Null outside of
 * Linux's cgroups.
 *
 * @param limitBytes of the control group
 */
export function freeInCgroup(limitBytes: number, read: ReadText = readText): number | null {
  for (const { usage, stat, prefix } of places(read('/proc/self/cgroup') ?? '')) {
    const used = Number(read(usage) ?? Number.NaN);
    if (!Number.isFinite(used)) continue;
    const pages = (read(stat) ?? '').matchAll(new RegExp(`^${prefix}(?:in)?active_file (\\d+)$`, 'gm'));
    const reclaimable = [...pages].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    return Math.max(0, limitBytes - Math.max(0, used - reclaimable));
  }
  return null;
}

interface Place {
  readonly usage: string;
  readonly stat: string;
  /** Of the statistics that include groups below. */
  readonly prefix: string;
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
      prefix: 'total_',
    })),
    ...at('/sys/fs/cgroup', second).map((folder) => ({
      usage: `${folder}/memory.current`,
      stat: `${folder}/memory.stat`,
      prefix: '',
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
