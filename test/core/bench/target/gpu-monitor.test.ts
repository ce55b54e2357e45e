import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GpuReading, isOnThisMachine, watchGpus } from '../../../../src/core/bench/target/gpu-monitor.js';
import { until } from '../../../support/until.js';

describe('watchGpus', () => {
  it('reads use and memory of each GPU, and what the driver does not say as unknown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chatstream-gpus-'));
    const program = join(folder, 'nvidia-smi');
    await writeFile(program, '#!/bin/sh\nprintf "0, 37, 1024\\n1, [N/A], 2\\n"\nexec sleep 60\n');
    await chmod(program, 0o755);
    const readings: GpuReading[] = [];
    const stop = watchGpus((reading) => readings.push(reading), program);
    await until(() => readings.length === 2, 'readings of both GPUs');
    stop();
    await rm(folder, { recursive: true });
    expect(readings).toMatchObject([
      { gpu: 0, usePercent: 37, memoryBytes: 2 ** 30 },
      { gpu: 1, usePercent: null, memoryBytes: 2 ** 21 },
    ]);
  });

  it('reads nothing where there is no driver', () => {
    const stop = watchGpus(() => undefined, '/nowhere/nvidia-smi');
    expect(stop).not.toThrow();
  });
});

describe('isOnThisMachine', () => {
  it.each(['http://127.0.0.1:8000', 'http://localhost:1', 'http://[::1]:80/v1'])('%s is', (url) => {
    expect(isOnThisMachine(url)).toBe(true);
  });
  it('another address is not', () => {
    expect(isOnThisMachine('http://192.0.2.1:8000')).toBe(false);
  });
});
