import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Where `npm run build` puts the page. */
export const builtPage = fileURLToPath(new URL('../../../console/', import.meta.url));

/** A form in which a file can be sent; the forms are in order of preference. */
export const encodings = ['br', 'gzip', 'identity'] as const;

export type Encoding = (typeof encodings)[number];

/** A file of the page, in memory. */
export interface PageFile {
  readonly type: string;
  /** For `If-None-Match`. */
  readonly etag: string;
  /** Whether its name has a digest of its content, so that it never changes. */
  readonly isImmutable: boolean;
  /** Its content; compressed when it is first asked for so, and kept. Formats that are compressed already stay as they are. */
  readonly encoded: (encoding: Encoding) => Promise<Buffer>;
  readonly isCompressible: boolean;
}

/** By their paths within the folder of the page, with slashes. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const types: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.svg', 'image/svg+xml; charset=utf-8'],
  ['.png', 'image/png'],
  ['.webp', 'image/webp'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
]);

/** As Vite names what it writes: `index-BX2zT9aQ.js`. */
const hashed = /-[\w-]{8}\.\w+$/;

/**
 * Reads the page, all of it, so that what is served fits together even while it is built anew. It takes about a megabyte.
 *
 * @param folder where it was built to
 * @returns null if there is no page
 */
export async function readPage(folder: string): Promise<PageFiles | null> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = new Map<string, PageFile>();
    for (const entry of entries) {
      const type = types.get(extname(entry.name));
      if (!entry.isFile() || type === undefined) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(relative(folder, path).split(sep).join('/'), pageFile(entry.name, type, await readFile(path)));
    }
    return files.has('index.html') ? files : null;
  } catch {
    // No folder, or one that is being built: there is then no page, and requests get an error that says so.
    return null;
  }
}

function pageFile(name: string, type: string, content: Buffer): PageFile {
  const isCompressible = type.includes('charset');
  const kept = new Map<Encoding, Promise<Buffer>>([['identity', Promise.resolve(content)]]);
  return {
    type,
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    isImmutable: hashed.test(name),
    isCompressible,
    encoded: (encoding) => {
      const known = kept.get(encoding);
      if (known !== undefined) return known;
      const made = compress(encoding, content);
      kept.set(encoding, made);
      return made;
    },
  };
}

/**
 * In the thread pool, so that no stream waits. Brotli's best quality takes ten times as long as this one and saves three
 * percent: 150 kB of JavaScript take 40 ms.
 */
function compress(encoding: Encoding, content: Buffer): Promise<Buffer> {
  switch (encoding) {
    case 'br':
      return promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    case 'gzip':
      return promisify(gzip)(content, { level: 9 });
    case 'identity':
      return Promise.resolve(content);
  }
}
