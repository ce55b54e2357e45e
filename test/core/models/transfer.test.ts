import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
});
