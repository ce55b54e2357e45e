import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { transfer } from '../../../src/core/models/transfer.js';
import { until } from '../../support/until.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { ModelServer } from './model-server.js';

let server: ModelServer;
let folder: string;

beforeEach(async () => {
  server = await ModelServer.start();
  folder = mkdtempSync(join(tmpdir(), 'chatstream-transfer-'));
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe('a transfer', () => {
  it('has failed when nothing has come for long enough', async () => {
    server.files.set('/model.gguf', { bytes: Buffer.alloc(4_000_000), ranges: false, stallsAfterBytes: 1_000_000 });
    const clock = new VirtualClock();
    let received = 0;
    const end = transfer(
      {
        type: 'download',
        folder,
        parts: [{ url: `${server.url}/model.gguf`, name: 'model.gguf' }],
        resumable: false,
        endpoint: server.url,
        token: null,
      },
      { stallMs: 30_000, onBytes: (bytes) => (received = bytes), clock },
    );
    await until(() => received === 1_000_000, 'what the server sends');
    clock.advance(30_000);
    expect(await end).toMatchObject({ type: 'failed', code: 'ESTALLED', message: 'nothing came for 30 s' });
  });

  // Only Linux shows the environment of another process.
  it.runIf(process.platform === 'linux')('runs in a process that has no secrets in its environment', async () => {
    vi.stubEnv('HF_TOKEN', 'secret');
    vi.stubEnv('CHATSTREAM_API_KEY', 'secret');
    vi.stubEnv('PASSED_ON', 'x');
    server.files.set('/model.gguf', { bytes: Buffer.alloc(4_000_000), ranges: false, stallsAfterBytes: 1_000_000 });
    const abort = new AbortController();
    let received = 0;
    const end = transfer(
      {
        type: 'download',
        folder,
        parts: [{ url: `${server.url}/model.gguf`, name: 'model.gguf' }],
        resumable: false,
        endpoint: server.url,
        token: null,
      },
      { stallMs: 30_000, onBytes: (bytes) => (received = bytes), signal: abort.signal },
    );
    vi.unstubAllEnvs();
    await until(() => received > 0, 'the first bytes');
    const [pid = ''] = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .slice(-1);
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .map((entry) => entry.split('=', 1)[0]);
    expect(names).toContain('PASSED_ON');
    expect(names).not.toContain('HF_TOKEN');
    expect(names).not.toContain('CHATSTREAM_API_KEY');
    abort.abort(new Error('Enough was seen.'));
    await expect(end).rejects.toThrow('Enough was seen.');
  });
});
