import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pullModel } from '../../../src/core/models/resolve-model.js';
import {
  cached,
  environment,
  everythingIn,
  explained,
  folder,
  leavePart,
  model,
  resolved,
  server,
  small,
} from './download-setup.js';
import { ModelServer } from './model-server.js';

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
    server.files.set('/me/gated/resolve/main/b.gguf', { bytes: small, authorization: 'Bearer secret' });
    environment['HF_TOKEN'] = 'secret';
    await resolved('hf:me/open/a.gguf');
    expect(server.seen.map(({ authorization }) => authorization)).not.toContain('Bearer secret');
    expect(readFileSync(await resolved('hf:me/gated/b.gguf')).equals(small)).toBe(true);
  });

  it('keeps the token to itself', async () => {
    server.files.set('/private.gguf', { bytes: small, authorization: 'Bearer secret' });
    environment['HF_TOKEN'] = 'secret';
    await expect(resolved(`${server.url}/private.gguf`)).rejects.toMatchObject({
      message: expect.stringContaining('status 401') as string,
      hint: expect.stringContaining('NAME:PASSWORD@HOST') as string,
    });
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([null]);
  });

  it.each([
    ['a single file', ['one.gguf']],
    ['a split model', ['big-00001-of-00002.gguf', 'big-00002-of-00002.gguf']],
  ])('never gives the token to the storage that the hub redirects to: %s', async (_, names) => {
    const storage = await ModelServer.start();
    onTestFinished(() => storage.stop());
    for (const name of names) {
      const movedTo = `${storage.url}/blobs/${name}?signature=1`;
      server.files.set(`/me/gated/resolve/main/${name}`, { bytes: small, authorization: 'Bearer secret', movedTo });
      storage.files.set(`/blobs/${name}`, { bytes: small, cuts: { count: 1, afterBytes: 20_000 } });
    }
    environment['HF_TOKEN'] = 'secret';
    const path = await resolved(`hf:me/gated/${names[0] ?? ''}`);
    expect(readFileSync(path).equals(small)).toBe(true);
    expect(storage.downloads).toHaveLength(names.length * 2);
    expect(storage.seen.map(({ authorization }) => authorization).filter((value) => value !== null)).toEqual([]);
    expect(server.seen.filter(({ authorization }) => authorization === 'Bearer secret').length).toBeGreaterThan(0);
    expect(everythingIn(folder)).not.toMatch(/secret|signature/);
  });

  it('does not get the token back when the storage redirects to the hub again', async () => {
    const storage = await ModelServer.start();
    onTestFinished(() => storage.stop());
    const hub = { bytes: small, authorization: 'Bearer secret', movedTo: `${storage.url}/detour` };
    server.files.set('/me/gated/resolve/main/a.gguf', hub);
    storage.files.set('/detour', { bytes: small, movedTo: `${server.url}/back` });
    server.files.set('/back', { bytes: small });
    environment['HF_TOKEN'] = 'secret';
    await resolved('hf:me/gated/a.gguf');
    const back = server.seen.filter(({ path }) => path === '/back');
    expect(back.length).toBeGreaterThan(0);
    expect(back.every(({ authorization }) => authorization === null)).toBe(true);
  });

  it('keeps the token when the hub redirects to itself, as for a renamed repository', async () => {
    server.files.set('/me/old/resolve/main/a.gguf', {
      bytes: small,
      authorization: 'Bearer secret',
      movedTo: '/me/new/resolve/main/a.gguf',
    });
    server.files.set('/me/new/resolve/main/a.gguf', { bytes: small, authorization: 'Bearer secret' });
    environment['HF_TOKEN'] = 'secret';
    expect(readFileSync(await resolved('hf:me/old/a.gguf')).equals(small)).toBe(true);
  });

  it('that is redirected in a circle is an error', async () => {
    server.files.set('/me/tiny/resolve/main/a.gguf', { bytes: small, movedTo: '/me/tiny/resolve/main/a.gguf' });
    await expect(resolved('hf:me/tiny/a.gguf')).rejects.toThrow('redirects hf:me/tiny/a.gguf to nowhere');
  });

  it('cannot lead out of its repository with the file that it names', async () => {
    server.files.set('/v2/me/tiny/manifests/latest', { bytes: manifest('../../../../tiny.gguf') });
    await expect(resolved('hf:me/tiny')).rejects.toThrow('hf:me/tiny:latest has no GGUF file.');
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    [undefined, 'set HF_TOKEN'],
    ['wrong', 'accept their terms'],
  ])('says what to do when it is not public (token: %s)', async (token, hint) => {
    server.files.set('/me/gated/resolve/main/b.gguf', { bytes: small, authorization: 'Bearer secret' });
    if (token !== undefined) environment['HF_TOKEN'] = token;
    await expect(resolved('hf:me/gated/b.gguf')).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringContaining('hf:me/gated/b.gguf') as string,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it.each(['hf_t0ken', 'hf_t0ken with more'])('never shows the token in an error: %s', async (token) => {
    server.files.set('/me/gated/resolve/main/b.gguf', { bytes: small, authorization: 'Bearer secret' });
    environment['HF_TOKEN'] = token;
    const error = await resolved('hf:me/gated/b.gguf').catch((thrown: unknown) => explained(thrown));
    expect(error).toMatch(/ChatstreamError/);
    expect(error).not.toContain('t0ken');
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

describe('the SHA-256 that Hugging Face gives', () => {
  const sha256 = createHash('sha256').update(small).digest('hex');
  const address = '/me/tiny/resolve/main/tiny.gguf';
  const source = 'hf:me/tiny/tiny.gguf';

  /** Publishes a file through a redirect that announces a hash, which may be wrong. */
  function publish(bytes: Buffer, promised: string, etag = '"1"'): void {
    server.files.set(address, { bytes, movedTo: '/storage', linked: { sha256: promised, bytes: bytes.length } });
    server.files.set('/storage', { bytes, etag });
  }

  it('is compared with that of the file, and recorded', async () => {
    publish(small, sha256);
    const path = await resolved(source);
    expect(readFileSync(path).equals(small)).toBe(true);
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({ files: [{ sha256 }] });
  });

  it('shows whether there is a new file, whatever the storage calls it', async () => {
    publish(small, sha256);
    await resolved(source);
    server.seen.length = 0;
    publish(small, sha256, '"another tag for the same"');
    await pullModel(source, { environment });
    expect(server.downloads).toEqual([]);
  });

  it('refuses a file that arrived damaged, and removes it', async () => {
    const flipped = Buffer.from(small);
    flipped[40_000] = 1;
    publish(flipped, sha256);
    await expect(resolved(source)).rejects.toMatchObject({
      code: 'model_unreadable',
      message: expect.stringMatching(
        new RegExp(`${source} arrived damaged: its SHA-256 should be ${sha256} and is`),
      ) as string,
    });
    expect(cached()).toMatchObject([{ complete: false, bytes: 0 }]);
    publish(small, sha256);
    expect(readFileSync(await resolved(source)).equals(small)).toBe(true);
  });

  it.each([
    ['resumes with what is on the disk', small.subarray(0, 20_000), true],
    ['finds what is damaged on the disk', Buffer.alloc(20_000), false],
  ])('%s', async (_, part, isGood) => {
    leavePart(source, 'tiny.gguf', part, { bytes: small.length, etag: '"1"', sha256 });
    publish(small, sha256);
    const download = resolved(source);
    if (isGood) expect(readFileSync(await download).equals(small)).toBe(true);
    else await expect(download).rejects.toThrow('arrived damaged');
    expect(server.downloads.map(({ range }) => range)).toEqual(['bytes=20000-', 'bytes=20000-']);
  });
});
