import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, testApp } from '../../../../support/app.js';

const index =
  '<!doctype html><title>chatstream</title><script type="module" src="/console/assets/i-BX2zT9aQ.js"></script>';
const script = 'console.log("hello");\n'.repeat(100);

let folder: string;
let shared: TestApp;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatstream-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), index);
  await writeFile(join(folder, 'assets', 'i-BX2zT9aQ.js'), script);
  await writeFile(join(folder, 'assets', 'logo.png'), 'png');
  await writeFile(join(folder, 'assets', 'notes.md'), 'Not of the page.');
  shared = await createTestApp({ server: { consolePath: folder, apiKeys: ['secret'] } });
});

afterAll(async () => {
  await shared.close();
  await rm(folder, { recursive: true });
});

describe('the page', () => {
  it.each(['/', '/console', '/console/'])('is at %s, without a key', async (url) => {
    const answer = await shared.get(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toBe(index);
  });

  it('loads nothing from elsewhere, and cannot be embedded', async () => {
    const { headers } = await shared.get('/');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(String(policy)).not.toContain('unsafe');
  });

  it('is asked for again each time, and sent only if it has changed', async () => {
    const { headers } = await shared.get('/');
    expect(headers['cache-control']).toBe('no-cache');
    const again = await shared.get('/', { 'if-none-match': String(headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    const among = await shared.get('/', { 'if-none-match': `"another" , ${String(headers.etag)}` });
    expect(among.statusCode).toBe(304);
    expect((await shared.get('/', { 'if-none-match': '"another"' })).statusCode).toBe(200);
  });

  it('says how to build it if it is missing, and is there once it is built', async () => {
    const later = await mkdtemp(join(tmpdir(), 'chatstream-page-'));
    const made = await testApp({ server: { consolePath: later } });
    const answer = await made.get('/');
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toContain('npm run build');
    await writeFile(join(later, 'index.html'), index);
    expect((await made.get('/')).body).toBe(index);
    await rm(later, { recursive: true });
  });

  it('is not there with --no-console', async () => {
    const made = await testApp({ server: { consolePath: null } });
    for (const url of ['/', '/console', '/console/assets/i-BX2zT9aQ.js']) {
      expect((await made.get(url)).statusCode, url).toBe(404);
    }
    expect((await made.get('/v1/load-test')).statusCode).toBe(404);
    expect((await made.post('/v1/load-test', { clients: 1, duration_s: 1, output_tokens: 1 })).statusCode).toBe(404);
  });
});

describe('the files of the page', () => {
  const path = '/console/assets/i-BX2zT9aQ.js';

  it('are kept for ever if their names have a digest', async () => {
    const { headers, body } = await shared.get(path);
    expect(body).toBe(script);
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect((await shared.get('/console/assets/logo.png')).headers['cache-control']).toBe('no-cache');
  });

  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['gzip', 'gzip'],
    ['identity', undefined],
  ])('are compressed for clients that accept %s: %s', async (accepted, encoding) => {
    const answer = await shared.get(path, { 'accept-encoding': accepted });
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(answer.headers.vary).toBe('accept-encoding');
    const decode = { br: brotliDecompressSync, gzip: gunzipSync }[encoding ?? ''] ?? ((bytes: Buffer) => bytes);
    expect(decode(answer.rawPayload).toString()).toBe(script);
  });

  it('are not compressed again', async () => {
    const answer = await shared.get('/console/assets/logo.png', { 'accept-encoding': 'br' });
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  it.each(['assets/notes.md', 'assets/other.js', 'assets', '..%2f..%2fetc%2fpasswd', '%2e%2e/package.json'])(
    'are the only ones: %s is not',
    async (name) => {
      expect((await shared.get(`/console/${name}`, { authorization: 'Bearer secret' })).statusCode).toBe(404);
    },
  );

  it('do not open the API: everything else still needs a key', async () => {
    for (const url of ['/v1/queue', '/v1/queue/events', '/metrics', '/openapi.json', '/other']) {
      expect((await shared.get(url)).statusCode, url).toBe(401);
    }
  });
});
