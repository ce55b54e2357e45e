import type { Pool } from 'undici';
import type { Ask } from './discovery.js';

/**
 * Asks a server through its connections.
 *
 * @param basePath of the server's URL, without a slash at its end
 * @param key null for a server that wants none
 * @param timeoutMs how long an answer may take, in milliseconds
 */
export function probesThrough(
  pool: Pick<Pool, 'request'>,
  basePath: string,
  key: string | null,
  timeoutMs: number,
): Ask {
  return async (path) => {
    const { statusCode: status, body } = await pool.request({
      method: 'GET',
      path: basePath + path,
      headers: { accept: 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await body.text();
    try {
      const value: unknown = JSON.parse(text);
      return { status, body: value };
    } catch {
      return { status, body: null };
    }
  };
}
