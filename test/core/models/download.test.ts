import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DownloadProgress } from '../../../src/core/models/download.js';
import { ModelCache } from '../../../src/core/models/model-cache.js';
import { writeRecord } from '../../../src/core/models/model-record.js';
import { pullModel, resolveModel, type ResolveOptions } from '../../../src/core/models/resolve-model.js';
import { deadUrl } from '../../support/dead-url.js';
import { until } from '../../support/until.js';
import { ModelServer } from './model-server.js';

const mebibyte = 2 ** 20;

/** Begins like a model; no two pieces of it are the same. */
function model(byteLength: number): Buffer {
  const bytes = Buffer.alloc(byteLength);
  for (let position = 0; position + 4 <= byteLength; position += 4) bytes.writeUInt32LE(position, position);
  bytes.write('GGUF');
  return bytes;
}

const small = model(50_000);
/** The library downloads in chunks of 5 MiB, and resumes whole ones. */
const large = model(22 * mebibyte);

let server: ModelServer;
let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
  server = await ModelServer.start();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chatstream-download-'));
  // HF_TOKEN_PATH: whoever runs the tests may be logged in.
  environment = { CHATSTREAM_CACHE: folder, HF_ENDPOINT: server.url, HF_TOKEN_PATH: join(folder, 'token') };
});

afterEach(() => {
  server.files.clear();
  server.seen.length = 0;
  rmSync(folder, { recursive: true });
});

function resolved(source: string, options: ResolveOptions = {}): Promise<string> {
  return resolveModel(source, { environment, ...options });
}

function cached(): ReturnType<ModelCache['list']> {
  return new ModelCache(join(folder, 'models')).list();
}

describe('a model with an address', () => {
  it('is downloaded once, under its own name, and then needs no network', async () => {
    server.files.set('/models/tiny.gguf', { bytes: small });
    const progress: DownloadProgress[] = [];
    const source = `${server.url}/models/tiny.gguf`;
    const path = await resolved(source, { onProgress: (step) => progress.push(step) });
    expect(path).toMatch(/models[/\\]url[/\\].*tiny\.gguf$/);
    expect(readFileSync(path).equals(small)).toBe(true);
    expect(progress[0]).toEqual({ source, bytes: 0, totalBytes: small.length, resumedBytes: 0 });
    expect(cached()).toMatchObject([{ source, path, bytes: small.length, complete: true }]);

    server.seen.length = 0;
    expect(await resolved(source)).toBe(path);
    expect(server.seen).toEqual([]);
  });

  it('goes on when the connection breaks off', async () => {
    server.files.set('/large.gguf', { bytes: large, cuts: { count: 2, afterBytes: 3 * mebibyte } });
    const path = await resolved(`${server.url}/large.gguf`);
    expect(readFileSync(path).equals(large)).toBe(true);
    expect(server.files.get('/large.gguf')?.cuts?.count).toBe(0);
  });

  it('goes on where it was stopped, the next time', async () => {
    server.files.set('/large.gguf', { bytes: large, stallsAfterBytes: 6 * mebibyte });
    const source = `${server.url}/large.gguf`;
    const controller = new AbortController();
    const first = expect(resolved(source, { signal: controller.signal })).rejects.toThrow('Ctrl-C');
    // The one connection that is to bring two chunks stalls in its second, chunk 3 of 0 to 4.
    const partial = { source, complete: false, bytes: 20 * mebibyte, totalBytes: large.length };
    await until(() => cached()[0]?.bytes === partial.bytes, 'all other chunks');
    controller.abort(new Error('Ctrl-C'));
    await first;
    expect(cached()).toMatchObject([partial]);

    server.files.set('/large.gguf', { bytes: large });
    server.seen.length = 0;
    const progress: DownloadProgress[] = [];
    const path = await resolved(source, { onProgress: (step) => progress.push(step) });
    expect(readFileSync(path).equals(large)).toBe(true);
    expect(progress[0]).toMatchObject({ bytes: partial.bytes, resumedBytes: partial.bytes });
    // Without a range the library asks for the length alone.
    expect(server.downloads.map(({ range }) => range)).toEqual([`bytes=${15 * mebibyte}-${20 * mebibyte - 1}`]);
    expect(cached()).toMatchObject([{ complete: true }]);
  });

  it('begins anew when the file has changed since', async () => {
    server.files.set('/small.gguf', { bytes: small, etag: '"2"' });
    const host = new URL(server.url).host.replace(':', '_');
    const partial = join(folder, 'models', 'partial', 'url', host, 'small.gguf');
    // All that had come: its one chunk, which is said to be complete.
    const notes = JSON.stringify({ part: 0, chunks: [2], chunkSize: 5 * mebibyte, parallelStreams: 3 });
    mkdirSync(join(partial, '..'), { recursive: true });
    writeFileSync(`${partial}.ipull`, Buffer.concat([Buffer.alloc(small.length), Buffer.from(notes)]));
    writeRecord(partial, {
      source: `${server.url}/small.gguf`,
      files: [{ name: 'small.gguf', bytes: small.length, etag: '"1"' }],
    });
    expect(cached()).toMatchObject([{ complete: false, bytes: small.length }]);
    expect(readFileSync(await resolved(`${server.url}/small.gguf`)).equals(small)).toBe(true);
  });

  it('comes in one piece from a server that knows no ranges', async () => {
    server.files.set('/whole.gguf', { bytes: large, ranges: false });
    const path = await resolved(`${server.url}/whole.gguf`);
    expect(readFileSync(path).equals(large)).toBe(true);
  });

  it('is not put together wrongly when such a server breaks off', async () => {
    const cuts = { count: 9, afterBytes: 7 * mebibyte };
    server.files.set('/whole.gguf', { bytes: large, ranges: false, cuts });
    await expect(resolved(`${server.url}/whole.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('broke off') as string,
      hint: expect.stringContaining('from the beginning') as string,
    });
    expect(cached().filter(({ complete }) => complete)).toEqual([]);
  });

  it('follows redirects', async () => {
    server.files.set('/here.gguf', { bytes: small, movedTo: '/there.gguf' });
    server.files.set('/there.gguf', { bytes: small, ranges: false });
    expect(readFileSync(await resolved(`${server.url}/here.gguf`)).equals(small)).toBe(true);
  });

  it('is named by its query where the path does not name it', async () => {
    server.files.set('/get?id=1', { bytes: small, ranges: false });
    server.files.set('/get?id=2', { bytes: model(60_000), ranges: false });
    const [one, two] = [await resolved(`${server.url}/get?id=1`), await resolved(`${server.url}/get?id=2`)];
    expect(one).not.toBe(two);
    expect([one, two].every((path) => path.endsWith('.gguf'))).toBe(true);
  });
});

describe('a split model', () => {
  it('comes with all its parts, whichever is named', async () => {
    const names = [1, 2, 3].map((part) => `big-0000${part}-of-00003.gguf`);
    names.forEach((name, index) => server.files.set(`/${name}`, { bytes: model(30_000 + index * 4) }));
    const path = await resolved(`${server.url}/${names[1] ?? ''}`);
    expect(path).toMatch(/big-00001-of-00003\.gguf$/);
    const sizes = names.map((name) => readFileSync(join(path, '..', name)).length);
    expect(sizes).toEqual([30_000, 30_004, 30_008]);
    expect(cached()).toMatchObject([{ bytes: 90_012, complete: true }]);
  });

  it('is refused while a part is missing', async () => {
    server.files.set('/big-00001-of-00002.gguf', { bytes: small });
    await expect(resolved(`${server.url}/big-00001-of-00002.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('big-00002-of-00002.gguf (status 404)') as string,
    });
  });
});

describe('a model of Hugging Face', () => {
  const manifest = (file: string): Buffer => Buffer.from(JSON.stringify({ ggufFile: { rfilename: file } }));

  it('is found by its quantisation, which is remembered', async () => {
    server.files.set('/v2/me/tiny-GGUF/manifests/Q8_0', { bytes: manifest('tiny-Q8_0.gguf') });
    server.files.set('/me/tiny-GGUF/resolve/main/tiny-Q8_0.gguf', { bytes: small, ranges: false });
    const path = await resolved('hf:me/tiny-GGUF:q8_0');
    expect(path).toMatch(/hf[/\\]me[/\\]tiny-GGUF[/\\]tiny-Q8_0\.gguf$/);
    server.files.clear();
    server.seen.length = 0;
    expect(await resolved('hf:me/tiny-GGUF:Q8_0')).toBe(path);
    expect(await resolved('hf:me/tiny-GGUF/tiny-Q8_0.gguf')).toBe(path);
    expect(server.seen).toEqual([]);
  });

  it('is downloaded again by pull, if there is a new one', async () => {
    const address = '/me/tiny-GGUF/resolve/main/tiny.gguf';
    server.files.set('/v2/me/tiny-GGUF/manifests/latest', { bytes: manifest('tiny.gguf') });
    server.files.set(address, { bytes: small, ranges: false });
    await pullModel('hf:me/tiny-GGUF', { environment });
    server.seen.length = 0;
    await pullModel('hf:me/tiny-GGUF', { environment });
    expect(server.downloads).toEqual([]);
    const newer = model(60_000);
    server.files.set(address, { bytes: newer, etag: '"2"', ranges: false });
    expect(readFileSync(await pullModel('hf:me/tiny-GGUF', { environment })).equals(newer)).toBe(true);
  });

  it('gets the token only after it was asked for', async () => {
    server.files.set('/me/open/resolve/main/a.gguf', { bytes: small, ranges: false });
    server.files.set('/me/gated/resolve/main/b.gguf', { bytes: small, token: 'secret' });
    environment['HF_TOKEN'] = 'secret';
    await resolved('hf:me/open/a.gguf');
    expect(server.seen.map(({ authorization }) => authorization)).not.toContain('Bearer secret');
    expect(readFileSync(await resolved('hf:me/gated/b.gguf')).equals(small)).toBe(true);
  });

  it('keeps the token to itself', async () => {
    server.files.set('/private.gguf', { bytes: small, token: 'secret' });
    environment['HF_TOKEN'] = 'secret';
    await expect(resolved(`${server.url}/private.gguf`)).rejects.toMatchObject({
      message: expect.stringContaining('status 401') as string,
      hint: expect.stringContaining('download the file yourself') as string,
    });
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([null]);
  });

  it.each([
    [undefined, 'set HF_TOKEN'],
    ['wrong', 'accept their terms'],
  ])('says what to do when it is not for everyone (token: %s)', async (token, hint) => {
    server.files.set('/me/gated/resolve/main/b.gguf', { bytes: small, token: 'secret' });
    if (token !== undefined) environment['HF_TOKEN'] = token;
    await expect(resolved('hf:me/gated/b.gguf')).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('hf:me/gated/b.gguf') as string,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it('says that there is none', async () => {
    await expect(resolved('hf:me/nothing:Q4_K_M')).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringMatching(/has no hf:me\/nothing:Q4_K_M \(status 404\)/) as string,
    });
    server.files.set('/v2/me/pictures/manifests/latest', { bytes: Buffer.from('{}') });
    await expect(resolved('hf:me/pictures')).rejects.toThrow('hf:me/pictures:latest has no GGUF file.');
  });
});

describe('what cannot be used', () => {
  it.each([
    ['a web page', { bytes: Buffer.from('<!doctype html>'), type: 'text/html' }, 'a web page'],
    ['other weights', { bytes: Buffer.from('{"__metadata__":{}}') }, 'is not a GGUF file'],
  ])('is not downloaded: %s', async (_, file, problem) => {
    server.files.set('/model.gguf', file);
    await expect(resolved(`${server.url}/model.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining(problem) as string,
    });
    expect(cached()).toEqual([]);
    expect(server.downloads).toEqual([]);
  });

  it('is a file whose length is not what the server says', async () => {
    server.files.set('/model.gguf', { bytes: small, claims: small.length + 10 });
    await expect(resolved(`${server.url}/model.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('another length') as string,
    });
    expect(cached().filter(({ complete }) => complete)).toEqual([]);
  });

  it('is a file on a server that is not there', async () => {
    const url = await deadUrl();
    await expect(resolved(`${url}/model.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: `${new URL(url).host} cannot be reached: nothing listens there.`,
      hint: expect.stringContaining('chatstream models') as string,
    });
  });

  it('is a cache that cannot be written to', async () => {
    server.files.set('/model.gguf', { bytes: small });
    writeFileSync(join(folder, 'file'), '');
    environment['CHATSTREAM_CACHE'] = join(folder, 'file');
    await expect(resolved(`${server.url}/model.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      hint: expect.stringContaining('CHATSTREAM_CACHE') as string,
    });
  });

  it('is a disk without room', async () => {
    const claims = 2 ** 52;
    server.files.set('/model.gguf', { bytes: small, claims });
    await expect(resolved(`${server.url}/model.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringMatching(/no room for .* 4096 TiB are still to come/) as string,
    });
  });

  it('is a model that another process is downloading', async () => {
    server.files.set('/model.gguf', { bytes: small, ranges: false });
    const lock = join(
      folder,
      'models',
      'partial',
      'url',
      new URL(server.url).host.replace(':', '_'),
      'model.gguf.lock',
    );
    mkdirSync(join(lock, '..'), { recursive: true });
    writeFileSync(lock, String(process.ppid));
    await expect(resolved(`${server.url}/model.gguf`)).rejects.toThrow(`another process (${process.ppid})`);
    // One that has died holds nothing; no process has this number.
    writeFileSync(lock, String(2 ** 30));
    await expect(resolved(`${server.url}/model.gguf`)).resolves.toBeDefined();
    expect(existsSync(lock)).toBe(false);
  });
});
