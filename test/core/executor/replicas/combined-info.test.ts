import { describe, expect, it } from 'vitest';
import { combinedDevice, isOnCpu } from '../../../../src/core/executor/replicas/combined-info.js';

const replicas = (hasOwnDevice: boolean, ...devices: readonly string[]): Parameters<typeof combinedDevice>[0] =>
  devices.map((device) => ({ hasOwnDevice, info: { device } }));

const gpu = 'CUDA: NVIDIA H200';

describe('the device of several replicas', () => {
  it.each([
    [false, [gpu, gpu], '2 replicas on CUDA: NVIDIA H200'],
    [
      false,
      ['CPU (1 thread)', 'CPU (2 threads)', 'CPU (1 thread)'],
      '2 replicas on CPU (1 thread), 1 replica on CPU (2 threads)',
    ],
    [false, [gpu], gpu],
    [true, [gpu, gpu], '2 × CUDA: NVIDIA H200'],
    [true, [gpu, 'CUDA: NVIDIA H100'], 'CUDA: NVIDIA H200, CUDA: NVIDIA H100'],
  ] as const)('tells devices from engines (devices of their own: %s; %j)', (hasOwnDevice, devices, expected) => {
    expect(combinedDevice(replicas(hasOwnDevice, ...devices))).toBe(expected);
  });

  it('leaves out what has not been loaded', () => {
    expect(combinedDevice([...replicas(false, gpu, gpu), { hasOwnDevice: false, info: null }])).toBe(
      '2 replicas on CUDA: NVIDIA H200',
    );
  });

  it.each([
    [['CPU (1 thread)'], true],
    [['CPU (1 thread)', 'CPU (1 thread)'], true],
    [[gpu], false],
    [[gpu, gpu], false],
    [['Vulkan: A (20 of 33 layers) and CPU (4 threads)'], false],
  ] as const)('says whether it is a CPU: %j', (devices, expected) => {
    expect(isOnCpu(combinedDevice(replicas(false, ...devices)))).toBe(expected);
  });
});
