import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DownloadProgress } from '../../../src/core/models/download.js';
import { pullModel } from '../../../src/core/models/resolve-model.js';
import { deadUrl } from '../../support/dead-url.js';
import { until } from '../../support/until.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import {
  cached,
  environment,
  everythingIn,
  explained,
  folder,
  large,
  leavePart,
  model,
  resolved,
  server,
  small,
} from './download-setup.js';
import { ModelServer, type ServedFile } from './model-server.js';

const mebibyte = 2 ** 20;

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

  it('resumes when the connection breaks', async () => {
    server.files.set('/large.gguf', { bytes: large, cuts: { count: 2, afterBytes: 3 * mebibyte } });
    const path = await resolved(`${server.url}/large.gguf`);
    expect(readFileSync(path).equals(large)).toBe(true);
    expect(server.files.get('/large.gguf')?.cuts?.count).toBe(0);
  });

  it('resumes where it was stopped, the next time', async () => {
    server.files.set('/large.gguf', { bytes: large, stallsAfterBytes: 6 * mebibyte });
    const source = `${server.url}/large.gguf`;
    const controller = new AbortController();
    const first = expect(resolved(source, { signal: controller.signal })).rejects.toThrow('Ctrl-C');
    const partial = { source, complete: false, bytes: 6 * mebibyte, totalBytes: large.length };
    await until(() => cached()[0]?.bytes === partial.bytes, 'all that the server sends');
    controller.abort(new Error('Ctrl-C'));
    await first;
    expect(cached()).toMatchObject([partial]);

    server.files.set('/large.gguf', { bytes: large });
    server.seen.length = 0;
    const progress: DownloadProgress[] = [];
    const path = await resolved(source, { onProgress: (step) => progress.push(step) });
    expect(readFileSync(path).equals(large)).toBe(true);
    expect(progress[0]).toMatchObject({ bytes: partial.bytes, resumedBytes: partial.bytes });
    expect(server.downloads).toMatchObject([{ range: `bytes=${6 * mebibyte}-`, ifRange: '"1"' }]);
    expect(cached()).toMatchObject([{ complete: true }]);
  });

  it('starts over when the file has changed since, and says so', async () => {
    const source = `${server.url}/small.gguf`;
    leavePart(source, 'small.gguf', Buffer.alloc(20_000), { bytes: small.length, etag: '"1"' });
    expect(cached()).toMatchObject([{ complete: false, bytes: 20_000 }]);
    server.files.set('/small.gguf', { bytes: small, etag: '"2"' });
    const notices: string[] = [];
    const path = await resolved(source, { onNotice: (notice) => notices.push(notice) });
    expect(readFileSync(path).equals(small)).toBe(true);
    expect(notices).toEqual([`${source} has changed on the server since a part of it was downloaded: starting over.`]);
  });

  it('removes what an older version has left of it, and says so', async () => {
    const source = `${server.url}/small.gguf`;
    const part = leavePart(source, 'small.gguf', Buffer.alloc(0), { bytes: small.length, etag: '"1"' });
    rmSync(part);
    const outdated = part.replace(/\.part$/, '.ipull');
    writeFileSync(outdated, Buffer.alloc(60_000));
    server.files.set('/small.gguf', { bytes: small });
    const notices: string[] = [];
    const path = await resolved(source, { onNotice: (notice) => notices.push(notice) });
    expect(readFileSync(path).equals(small)).toBe(true);
    expect(notices).toEqual([expect.stringContaining('older version') as string]);
    expect(existsSync(outdated)).toBe(false);
  });

  it('resumes with an etag that may not be used as a condition', async () => {
    const etag = 'W/"1"';
    server.files.set('/small.gguf', { bytes: small, etag, cuts: { count: 1, afterBytes: 20_000 } });
    expect(readFileSync(await resolved(`${server.url}/small.gguf`)).equals(small)).toBe(true);
    expect(server.downloads).toMatchObject([
      { range: 'bytes=0-', ifRange: null },
      { range: 'bytes=20000-', ifRange: null },
    ]);
  });

  it('starts over when the server no longer supports ranges', async () => {
    const source = `${server.url}/small.gguf`;
    leavePart(source, 'small.gguf', Buffer.alloc(20_000), { bytes: small.length, etag: '"1"' });
    server.files.set('/small.gguf', { bytes: small, ranges: false });
    expect(readFileSync(await resolved(source)).equals(small)).toBe(true);
  });

  it('starts over when the file changes during the download, and says so', async () => {
    const cut: ServedFile = { bytes: large, etag: '"1"', cuts: { count: 1, afterBytes: mebibyte } };
    server.files.set('/large.gguf', cut);
    const notices: string[] = [];
    const download = resolved(`${server.url}/large.gguf`, { onNotice: (notice) => notices.push(notice) });
    await until(() => cut.cuts?.count === 0, 'the connection to be cut');
    server.files.set('/large.gguf', { bytes: small, etag: '"2"' });
    expect(readFileSync(await download).equals(small)).toBe(true);
    expect(notices).toEqual([expect.stringContaining('has changed on the server') as string]);
  });

  it('resumes when the server has a problem for a while', async () => {
    const file: ServedFile = { bytes: small, errors: { count: 2, status: 503 } };
    server.files.set('/small.gguf', file);
    expect(readFileSync(await resolved(`${server.url}/small.gguf`)).equals(small)).toBe(true);
    expect(file.errors?.count).toBe(0);
  });

  it('is given up when nothing more arrives, and what was downloaded is kept', async () => {
    const cuts = { count: 1, afterBytes: 20_000 };
    server.files.set('/small.gguf', { bytes: small, cuts });
    const source = `${server.url}/small.gguf`;
    const download = resolved(source, { stallMs: 1500 });
    await until(() => cuts.count === 0, 'the connection to be cut');
    server.files.set('/small.gguf', { bytes: small, errors: { count: Infinity, status: 503 } });
    await expect(download).rejects.toMatchObject({
      code: 'model_unreadable',
      message: `The download of ${source} was interrupted: status 503.`,
      hint: expect.stringContaining('resume where it stopped') as string,
    });
    expect(cached()).toMatchObject([{ complete: false, bytes: 20_000 }]);
  });

  it('does not promise to resume where the length is not known', async () => {
    const cuts = { count: 1, afterBytes: 20_000 };
    server.files.set('/small.gguf', { bytes: small, cuts, lengthKnown: false });
    const download = resolved(`${server.url}/small.gguf`, { stallMs: 1500 });
    await until(() => cuts.count === 0, 'the connection to be cut');
    server.files.set('/small.gguf', { bytes: small, errors: { count: Infinity, status: 503 } });
    await expect(download).rejects.toMatchObject({
      code: 'model_unreadable',
      hint: expect.not.stringContaining('resume') as string,
    });
  });

  it('is given up when the server sends nothing for long enough', async () => {
    server.files.set('/small.gguf', { bytes: small, stallsAfterBytes: 20_000 });
    const clock = new VirtualClock();
    let received = 0;
    const onProgress = ({ bytes }: DownloadProgress): void => {
      received = bytes;
    };
    const download = resolved(`${server.url}/small.gguf`, { clock, onProgress });
    const failed = expect(download).rejects.toThrow('was interrupted: nothing arrived for 30 s');
    await until(() => received === 20_000, 'what the server sends');
    // The client waits for more one turn after it has reported this.
    await until(() => clock.pending > 0, 'the client to wait for more');
    clock.advance(30_000);
    await failed;
  });

  it('is complete when all data had arrived and only the end was missing', async () => {
    const source = `${server.url}/small.gguf`;
    leavePart(source, 'small.gguf', small, { bytes: small.length, etag: '"1"' });
    server.files.set('/small.gguf', { bytes: small });
    expect(readFileSync(await resolved(source)).equals(small)).toBe(true);
    expect(server.downloads).toEqual([]);
  });

  it('never shows its password and its query', async () => {
    const authorization = `Basic ${Buffer.from('me:s3cret').toString('base64')}`;
    server.files.set('/tiny.gguf', { bytes: small, authorization });
    const secret = `${server.url.replace('//', '//me:s3cret@')}/tiny.gguf?sig=s3cret`;
    const shown: unknown[] = [];
    const options = {
      onProgress: (step: DownloadProgress) => shown.push(step),
      onNotice: (notice: string) => shown.push(notice),
    };
    const path = await resolved(secret, options);
    shown.push(path, cached(), readFileSync(`${path}.json`, 'utf8'));
    expect(cached()).toMatchObject([{ source: `${server.url}/tiny.gguf` }]);
    server.files.set('/tiny.gguf', {
      bytes: model(60_000),
      authorization,
      etag: '"2"',
      errors: { count: 1, status: 403 },
    });
    await pullModel(secret, { environment, ...options }).catch((error: unknown) => shown.push(explained(error)));
    server.files.set('/tiny.gguf', { bytes: Buffer.from('<html>'), authorization });
    await pullModel(secret, { environment, ...options }).catch((error: unknown) => shown.push(explained(error)));
    server.files.clear();
    await pullModel(secret, { environment, ...options }).catch((error: unknown) => shown.push(explained(error)));
    const dead = (await deadUrl()).replace('//', '//me:s3cret@');
    await resolved(`${dead}/a.gguf?s3cret`, options).catch((error: unknown) => shown.push(explained(error)));
    expect(shown.filter((text) => typeof text === 'string' && text.includes('tiny.gguf'))).toHaveLength(5);
    expect(JSON.stringify(shown)).not.toContain('s3cret');
    expect(everythingIn(folder)).not.toContain('s3cret');
  });

  it('sends its password to no other origin that it is redirected to', async () => {
    const other = await ModelServer.start();
    onTestFinished(() => other.stop());
    const authorization = `Basic ${Buffer.from('me:pass word').toString('base64')}`;
    server.files.set('/tiny.gguf', { bytes: small, authorization, movedTo: `${other.url}/blob` });
    other.files.set('/blob', { bytes: small });
    const url = `${server.url.replace('//', '//me:pass%20word@')}/tiny.gguf`;
    expect(readFileSync(await resolved(url)).equals(small)).toBe(true);
    expect(other.seen.map((seen) => seen.authorization)).toEqual([null, null]);
  });

  it('does not need the signature again once it is cached', async () => {
    server.files.set('/tiny.gguf', { bytes: small });
    const path = await resolved(`${server.url}/tiny.gguf?sig=1`);
    server.seen.length = 0;
    expect(await resolved(`${server.url}/tiny.gguf?sig=2`)).toBe(path);
    expect(server.seen).toEqual([]);
  });

  it('comes in one piece from a server that does not support ranges', async () => {
    server.files.set('/whole.gguf', { bytes: large, ranges: false });
    const path = await resolved(`${server.url}/whole.gguf`);
    expect(readFileSync(path).equals(large)).toBe(true);
  });

  it('is not joined wrongly when such a server breaks the connection', async () => {
    const cuts = { count: 9, afterBytes: 7 * mebibyte };
    server.files.set('/whole.gguf', { bytes: large, ranges: false, cuts });
    await expect(resolved(`${server.url}/whole.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('was interrupted') as string,
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
    const source = `${server.url}/${names[0] ?? ''}`;
    expect(cached()).toMatchObject([{ source, bytes: 90_012, complete: true }]);
    server.seen.length = 0;
    for (const name of names) expect(await resolved(`${server.url}/${name}`)).toBe(path);
    expect(server.seen).toEqual([]);
  });

  it('is refused while a part is missing', async () => {
    server.files.set('/big-00001-of-00002.gguf', { bytes: small });
    await expect(resolved(`${server.url}/big-00001-of-00002.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('big-00002-of-00002.gguf (status 404)') as string,
    });
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
      message: expect.stringContaining('a different length') as string,
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
      message: expect.stringMatching(/no room for .* 4096 TiB more are needed/) as string,
    });
  });

  it.skipIf(process.platform !== 'linux')('is a disk that is full before the end', async () => {
    const source = `${server.url}/model.gguf`;
    const part = leavePart(source, 'model.gguf', Buffer.alloc(0), { bytes: small.length, etag: '"1"' });
    rmSync(part);
    symlinkSync('/dev/full', part);
    server.files.set('/model.gguf', { bytes: small });
    await expect(resolved(source)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringMatching(/^There is no room for .*: the disk is full\.$/) as string,
      hint: expect.stringContaining('What has been downloaded is kept') as string,
    });
    expect(existsSync(part)).toBe(true);
  });

  it('is a model that is being downloaded already', async () => {
    server.files.set('/model.gguf', { bytes: small, stallsAfterBytes: 20_000 });
    const controller = new AbortController();
    const first = expect(resolved(`${server.url}/model.gguf`, { signal: controller.signal })).rejects.toThrow('Ctrl-C');
    await until(() => server.downloads.length > 0, 'the first download to begin');
    await expect(resolved(`${server.url}/model.gguf`)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: `${server.url}/model.gguf is being downloaded by another process (${process.pid}).`,
    });
    controller.abort(new Error('Ctrl-C'));
    await first;
    server.files.set('/model.gguf', { bytes: small });
    await expect(resolved(`${server.url}/model.gguf`)).resolves.toBeDefined();
  });
});

describe.skipIf(process.platform === 'win32')('the files of the cache', () => {
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

  it('are for their user alone', async () => {
    server.files.set('/tiny.gguf', { bytes: small });
    const own = { XDG_CACHE_HOME: folder, HF_TOKEN_PATH: join(folder, 'token') };
    const path = await resolved(`${server.url}/tiny.gguf`, { environment: own });
    expect([path, `${path}.json`].map(mode)).toEqual(['600', '600']);
    expect([join(path, '..'), join(folder, 'chatstream')].map(mode)).toEqual(['700', '700']);
  });

  it('follow the umask where CHATSTREAM_CACHE names a folder that may be shared', async () => {
    server.files.set('/tiny.gguf', { bytes: small });
    const path = await resolved(`${server.url}/tiny.gguf`);
    const plain = join(folder, 'plain');
    writeFileSync(plain, '');
    expect([path, `${path}.json`].map(mode)).toEqual([mode(plain), mode(plain)]);
  });
});
