import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ProgressStream, showDownload } from '../../../src/cli/terminal/download-progress.js';
import type { DownloadProgress } from '../../../src/core/models/download.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const mebibyte = 2 ** 20;

let logged: string[];
let written: string[];
let clock: VirtualClock;

beforeEach(() => {
  logged = [];
  written = [];
  clock = new VirtualClock();
});

function step(mebibytes: number, changes: Partial<DownloadProgress> = {}): DownloadProgress {
  const source = 'hf:me/tiny/tiny.gguf';
  return { source, bytes: mebibytes * mebibyte, totalBytes: 100 * mebibyte, resumedBytes: 0, ...changes };
}

function show(
  level: string,
  terminal: boolean,
  run: (onProgress: (progress: DownloadProgress) => void) => void,
): Promise<void> {
  const logger = pino({ level, base: null, timestamp: false }, { write: (line) => logged.push(messageIn(line)) });
  const stream: ProgressStream = { isTTY: terminal, columns: 56, write: (text) => written.push(text) };
  return showDownload(
    logger,
    (onProgress) => {
      run(onProgress);
      return Promise.resolve();
    },
    stream,
    clock,
  );
}

function messageIn(line: string): string {
  const value: unknown = JSON.parse(line);
  return typeof value === 'object' && value !== null && 'msg' in value ? String(value.msg) : '';
}

describe('a download', () => {
  it('is a line of the log for each tenth', async () => {
    await show('info', false, (onProgress) => {
      for (let mebibytes = 0; mebibytes <= 100; mebibytes++) onProgress(step(mebibytes));
    });
    expect(logged).toHaveLength(11);
    expect(logged[0]).toBe('download started: 0 B of 100 MiB, 0 %');
    expect(logged[3]).toBe('downloading: 30.0 MiB of 100 MiB, 30 %');
    expect(written).toEqual([]);
  });

  it('says how much had already been downloaded', async () => {
    await show('info', false, (onProgress) => {
      onProgress(step(40, { resumedBytes: 40 * mebibyte }));
      onProgress(step(45, { resumedBytes: 40 * mebibyte }));
    });
    expect(logged).toEqual(['download resumed: 40.0 MiB of 100 MiB, 40 %']);
  });

  it('of unknown length is a line now and then', async () => {
    await show('info', false, (onProgress) => {
      for (let mebibytes = 0; mebibytes <= 600; mebibytes++) onProgress(step(mebibytes, { totalBytes: null }));
    });
    expect(logged).toEqual(['download started: 0 B', 'downloading: 256 MiB', 'downloading: 512 MiB']);
  });

  it('is one live line on a terminal, which is removed at the end', async () => {
    await show('info', true, (onProgress) => {
      onProgress(step(0));
      clock.advance(10_000);
      onProgress(step(50));
    });
    expect(logged).toEqual([]);
    expect(written).toEqual([
      '\r\u001b[2Khf:me/tiny/tiny.gguf  0 % of 100 MiB',
      '\r\u001b[2K…/tiny/tiny.gguf  50 % of 100 MiB, 5.0 MiB/s, 10 s left',
      '\r\u001b[2K',
    ]);
    expect(Math.max(...written.map((line) => line.length))).toBeLessThan(56 + '\r\u001b[2K'.length);
  });

  it.each(['silent', 'error', 'warn'])('is not shown with --log-level %s', async (level) => {
    await show(level, true, (onProgress) => {
      onProgress(step(50));
    });
    expect([written, logged]).toEqual([[], []]);
  });

  it('shows nothing if nothing is downloaded', async () => {
    await show('info', true, () => undefined);
    expect([written, logged]).toEqual([[], []]);
  });
});
