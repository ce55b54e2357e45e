import { spawn } from 'node:child_process';
import { access, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GpuMeter } from '../../../src/core/machine/gpu-meter.js';
import { until } from '../../support/app.js';
import { failAtOnce, failLater } from '../../support/failing-spawn.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatstream-gpu-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** A program that stands in for nvidia-smi. */
async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const report = `echo "0, NVIDIA H200, 37, 1024, 143771"\necho "1, NVIDIA T4, [N/A], 0, 15360"`;

function meter(path: string): { readonly gpus: GpuMeter; readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  const gpus = new GpuMeter(clock, path);
  onTestFinished(() => {
    gpus.stop();
  });
  return { gpus, clock };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the meter of GPUs', () => {
  it('reads what nvidia-smi reports', async () => {
    const { gpus } = meter(await program('reports', `${report}\nexec sleep 60`));
    await gpus.read();
    let found = await gpus.read();
    while (found.length < 2) {
      // The lines may come one by one.
      await setImmediate();
      found = await gpus.read();
    }
    expect(found).toEqual([
      { name: 'NVIDIA H200', used: 0.37, memoryUsedBytes: 1_073_741_824, memoryTotalBytes: 150_754_820_096 },
      { name: 'NVIDIA T4', used: null, memoryUsedBytes: 0, memoryTotalBytes: 16_106_127_360 },
    ]);
  });

  it('starts it once, and ends it when nobody has asked for half a minute', async () => {
    const { gpus, clock } = meter(await program('counts', `echo $$ >> ${folder}/pids\n${report}\nexec sleep 60`));
    for (let count = 0; count < 3; count += 1) await gpus.read();
    const pids = (await readFile(join(folder, 'pids'), 'utf8')).trim().split('\n').map(Number);
    expect(pids).toHaveLength(1);
    clock.advance(29_999);
    expect(isAlive(pids[0] ?? 0)).toBe(true);
    clock.advance(1);
    await until(() => !isAlive(pids[0] ?? 0), 'its end');
  });

  it('finds none where there is no such program, and does not try again', async () => {
    const path = join(folder, 'later');
    const { gpus } = meter(path);
    expect(await gpus.read()).toEqual([]);
    await program('later', report);
    await access(path);
    expect(await gpus.read()).toEqual([]);
  });

  it('finds none where the program fails', async () => {
    const { gpus } = meter(await program('fails', 'echo "NVIDIA-SMI has failed"; exit 9'));
    await gpus.read();
    expect(await gpus.read()).toEqual([]);
  });

  it.each([
    ['EMFILE', failLater('EMFILE')],
    ['EAGAIN', failLater('EAGAIN')],
    ['ENOMEM', failAtOnce('ENOMEM')],
  ])('tries again when the machine had no room for the program (%s)', async (_code, failing) => {
    const path = await program('later-on', `echo "0, NVIDIA H200, 37, 1024, 143771"\nexec sleep 60`);
    let attempts = 0;
    const gpus = new GpuMeter(new VirtualClock(), path, (...started) => {
      attempts += 1;
      return attempts === 1 ? failing() : spawn(...started);
    });
    onTestFinished(() => {
      gpus.stop();
    });
    expect(await gpus.read()).toEqual([]);
    expect(await gpus.read()).toHaveLength(1);
  });

  it('waits only so long for the first report', async () => {
    const { gpus, clock } = meter(await program('hangs', 'exec sleep 60'));
    const reading = gpus.read();
    clock.advance(1500);
    expect(await reading).toEqual([]);
  });
});
