import { readdirSync } from 'node:fs';
import { openFilesLimit } from '../../../base/files/open-files.js';

/** How many connections a server keeps open. */
export interface ConnectionLimits {
  /**
   * With a request or without. When the limit is reached, the oldest connections without a request make room for new
   * ones.
   */
  readonly most: number;
  /** Without a request. */
  readonly mostIdle: number;
  /** Connections beyond {@link most}, which only live long enough to get a refusal. */
  readonly beyond: number;
}

/** Number of connections if the system does not say how many files a process may open. */
const assumedDescriptors = 4096;

/** An idle connection takes about 10 KB in the server and as much in the system. */
const mostIdle = 10_000;

/** Descriptors that are never used for connections: for starting the engine again, for logs and for answering refusals. */
const reserve = { least: 64, share: 1 / 8, most: 512 } as const;

/** Even a process with almost no descriptors should answer some clients. */
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

/** The limits for this process. Where the system does not say how many files it may open, a number is assumed that each allows. */
export function connectionLimitsOfProcess(): ConnectionLimits {
  const descriptors = openFilesLimit();
  if (descriptors === null) return connectionLimits(assumedDescriptors, 0);
  return connectionLimits(descriptors, readdirSync('/proc/self/fd').length);
}
