import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { ChatstreamError } from '../../../src/core/base/errors.js';
import { ModelCache } from '../../../src/core/models/model-cache.js';
import type { ModelRecord } from '../../../src/core/models/model-record.js';
import { parseModelSource } from '../../../src/core/models/model-source.js';
import { resolveModel, type ResolveOptions } from '../../../src/core/models/resolve-model.js';
import { ModelServer } from './model-server.js';

// For test files about downloads: a server of models for all tests of a file, and an empty cache for each of them.

/** Begins like a model; no two pieces of it are the same. */
export function model(byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength);
  for (let position = 0; position + 4 <= byteLength; position += 4) bytes.writeUInt32LE(position, position);
  bytes.write('GGUF');
  return bytes;
}

export const small = model(50_000);
export const large = model(22 * 2 ** 20);

export let server: ModelServer;
export let folder: string;
export let environment: Record<string, string>;

beforeAll(async () => {
  server = await ModelServer.start();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-download-'));
  // HF_TOKEN_PATH: the developer who runs the tests may be logged in.
  environment = { CHATSTREAM_CACHE: folder, HF_ENDPOINT: server.url, HF_TOKEN_PATH: join(folder, 'token') };
});

afterEach(() => {
  server.files.clear();
  server.seen.length = 0;
  rmSync(folder, { recursive: true });
});

export function resolved(source: string, options: ResolveOptions = {}): Promise<string> {
  return resolveModel(source, { environment, ...options });
}

/** Leaves what an interrupted download leaves. @returns the path of the part */
export function leavePart(
  source: string,
  name: string,
  bytes: Buffer,
  file: Omit<ModelRecord['files'][number], 'name'>,
): string {
  const cache = new ModelCache(join(folder, 'models'));
  const parsed = parseModelSource(source);
  if (parsed.type !== 'url' && parsed.type !== 'hf-file') throw new Error('It has no file.');
  const partial = cache.partialPathOf(cache.pathOf(parsed));
  cache.writeRecord(partial, { source, files: [{ name, ...file }] });
  writeFileSync(`${partial}.part`, bytes);
  return `${partial}.part`;
}

export function explained(error: unknown): string {
  if (!(error instanceof ChatstreamError)) return inspect(error);
  return `${error.advice} ${error.stack ?? ''} ${inspect(error.cause)}`;
}

/** The texts of all small files below a folder, and their names. */
export function everythingIn(path: string): string {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .map(
      (entry) => `${entry.name}: ${entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), 'latin1') : ''}`,
    )
    .join('\n');
}

export function cached(): ReturnType<ModelCache['list']> {
  return new ModelCache(join(folder, 'models')).list();
}
