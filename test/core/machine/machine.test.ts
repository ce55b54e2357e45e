import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Machine } from '../../../src/core/machine/machine.js';
import { VirtualClock } from '../../support/virtual-clock.js';

describe('this machine', () => {
  it('says what is used of it', async () => {
    const clock = new VirtualClock();
    const machine = new Machine(clock, () => []);
    const first = await machine.read(false);
    expect(first).toMatchObject({ cpu: 0, processCpu: 0, gpus: [] });
    expect(first.cores).toBeGreaterThanOrEqual(1);
    clock.advance(1000);
    const { cpu, processCpu, totalBytes, usedBytes, processBytes } = await machine.read(false);
    for (const share of [cpu, processCpu]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(usedBytes).toBeLessThanOrEqual(totalBytes);
    expect(processBytes).toBeGreaterThan(10_000_000);
    expect(processBytes).toBeLessThan(totalBytes);
  });

  it.runIf(process.platform === 'linux')('counts the memory of the engine', async () => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)']);
    onTestFinished(() => void child.kill());
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const alone = await new Machine(new VirtualClock(), () => []).read(false);
    const both = await new Machine(new VirtualClock(), () => [child.pid ?? 0]).read(false);
    expect(both.processBytes - alone.processBytes).toBeGreaterThan(10_000_000);
  });

  it('does without a process of the engine that has just ended', async () => {
    const machine = new Machine(new VirtualClock(), () => [2 ** 22 + 1]);
    expect((await machine.read(false)).processBytes).toBeGreaterThan(0);
  });
});
