import { Pool } from 'undici';

/**
 * Connections to a server that generates: one for each generation. The HTTP client sets no limit to how long that may
 * take.
 *
 * @param connectTimeoutMs how long connecting may take, in milliseconds
 */
export function generationPool(origin: string, connectTimeoutMs: number): Pool {
  return new Pool(origin, {
    connections: null,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectTimeoutMs },
  });
}
