import { readdirSync, readFileSync } from 'node:fs';

/** How many connections a server keeps open. */
export interface ConnectionLimits {
  /** With a request or without. When it is reached, the oldest connections without a request make room for new ones. */
  readonly most: number;
  /** Without a request. */
  readonly mostIdle: number;
  /** Connections beyond {@link most} that live only long enough to be told so. */
  readonly beyond: number;
}

/** Connections where the system does not say how many files a process may open. */
const assumedDescriptors = 4096;

/** An idle connection takes about 10 KB in the server and as much in the system. */
const mostIdle = 10_000;

/** Descriptors that are never used for connections: for starting the engine again, for logs and for answering refusals. */
const reserve = { least: 64, share: 1 / 8, most: 512 } as const;

/** Even a process with almost no descriptors should answer somebody. */
const fewestConnections = 16;

/**
 * The limits for a process.
 *
 * @param descriptors how many files the process may have open
 * @param inUse how many it has open already
 */
export function connectionLimits(descriptors: number, inUse: number): ConnectionLimits {
  const reserved = Math.min(Math.max(Math.ceil(descriptors * reserve.share), reserve.least), reserve.most);
  const most = Math.max(descriptors - inUse - reserved, fewestConnections);
  return { most, mostIdle: Math.min(most, mostIdle), beyond: reserved / 2 };
}

/**
 * The limits for this process. Linux says how many descriptors it may have (`ulimit -n`; Node.js has raised the soft limit
 * to the hard one by then); elsewhere a number is assumed that every system allows.
 */
export function connectionLimitsOfProcess(): ConnectionLimits {
  try {
    const descriptors = descriptorLimit(readFileSync('/proc/self/limits', 'utf8'));
    return connectionLimits(descriptors ?? assumedDescriptors, readdirSync('/proc/self/fd').length);
  } catch {
    // Not Linux, or without /proc.
    return connectionLimits(assumedDescriptors, 0);
  }
}

/** The soft limit of open files in the text of `/proc/PID/limits`; null if there is none. */
export function descriptorLimit(limits: string): number | null {
  const soft = /^Max open files +(\d+) /m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
