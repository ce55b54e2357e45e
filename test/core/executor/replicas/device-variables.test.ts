import { describe, expect, it } from 'vitest';
import { deviceVariables } from '../../../../src/core/executor/replicas/device-variables.js';

describe('the variables that choose a device', () => {
  it('are those of the backend, or of both that may be found', () => {
    expect(deviceVariables('0,2', 'cuda', {})).toEqual([{ CUDA_VISIBLE_DEVICES: '0' }, { CUDA_VISIBLE_DEVICES: '2' }]);
    expect(deviceVariables('1', 'vulkan', {})).toEqual([{ GGML_VK_VISIBLE_DEVICES: '1' }]);
    expect(deviceVariables('1', 'auto', {})).toEqual([{ CUDA_VISIBLE_DEVICES: '1', GGML_VK_VISIBLE_DEVICES: '1' }]);
  });

  it('count the devices that the variable names already', () => {
    const environment = { CUDA_VISIBLE_DEVICES: '4, GPU-8a' };
    expect(deviceVariables('1,0', 'cuda', environment)).toEqual([
      { CUDA_VISIBLE_DEVICES: 'GPU-8a' },
      { CUDA_VISIBLE_DEVICES: '4' },
    ]);
    expect(() => deviceVariables('2', 'cuda', environment)).toThrow(
      '--devices names device 2, but CUDA_VISIBLE_DEVICES=4, GPU-8a leaves 2.',
    );
  });

  it.each([
    ['', 'cuda', 'a number is missing'],
    ['0,', 'cuda', 'a number is missing'],
    ['0,gpu1', 'vulkan', 'gpu1 is not a number'],
    ['-1', 'cuda', '-1 is not a number'],
    ['0,1,0', 'auto', 'names a device twice'],
    ['0', 'off', 'cannot be used with --gpu off'],
    ['0', 'metal', 'cannot be used with --gpu metal'],
  ] as const)('refuse --devices "%s" with --gpu %s: %s', (devices, gpu, reason) => {
    expect(() => deviceVariables(devices, gpu, {})).toThrow(reason);
  });
});
