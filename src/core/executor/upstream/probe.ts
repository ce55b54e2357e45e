import type { Pool } from 'undici';
import type { Ask } from './discovery.js';

/** More of an answer to a probe is not read, in bytes: a list of 100,000 models is shorter. */
const longestAnswer = 16 * 1024 * 1024;

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
    const text = await textOf(body, path);
    try {
      const value: unknown = JSON.parse(text);
      return { status, body: value };
    } catch {
      return { status, body: null };
    }
  };
}

/** @throws Error for a text that is too long to be an answer to a probe */
async function textOf(body: AsyncIterable<Buffer>, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > longestAnswer) throw new Error(`its ${path} does not end`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
