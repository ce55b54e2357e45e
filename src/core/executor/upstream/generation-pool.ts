import { Pool } from 'undici';

/**
 * Connections to a server that generates: one for each generation. How long that may take is not for the client of HTTP to say.
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
