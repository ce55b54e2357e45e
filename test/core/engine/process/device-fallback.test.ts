import { describe, expect, it } from 'vitest';
import { DeviceFallback } from '../../../../src/core/engine/process/device-fallback.js';
import { type EngineExit, exitError } from '../../../../src/core/engine/process/engine-child.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { mockOptions } from '../mock/mock-harness.js';
import { stage } from './supervisor-stage.js';

const exit = (signal: NodeJS.Signals | null, code: number | null = null, lastLines: string[] = []): EngineExit => ({
  signal,
  code,
  lastLines,
  spawnError: null,
});
const crash = exit('SIGABRT');

describe('DeviceFallback', () => {
  const gpuOf = ({ options }: DeviceFallback): unknown => ('gpu' in options ? options.gpu : null);
  const auto = (): DeviceFallback => new DeviceFallback(llamaOptions('model.gguf', { gpu: 'auto' }));

  it('goes on to Vulkan and to the CPU after a crash, whatever is wrong with Vulkan', () => {
    const fallback = auto();
    expect(gpuOf(fallback)).toBe('auto');
    expect(fallback.warnings).toEqual([]);
    expect(fallback.goOn(new Error('The engine crashed: CUDA error.'), crash)).toBe(true);
    expect(gpuOf(fallback)).toBe('vulkan');
    expect(fallback.goOn(new Error('Vulkan cannot be used.'), exit('SIGKILL'))).toBe(true);
    expect(gpuOf(fallback)).toBe('off');
    expect(fallback.warnings).toEqual([
      '--gpu auto found a GPU, but llama.cpp crashed on it, so another device is used. The engine crashed: CUDA error.',
    ]);
    expect(fallback.goOn(new Error('No.'), crash)).toBe(false);
  });

  it.each([
    ['the engine says why it cannot start', exit('SIGKILL')],
    ['the engine ends itself', exit(null, 1)],
  ])('does not go on if %s', (_, end) => {
    const fallback = auto();
    expect(fallback.goOn(new Error('There is no model.'), end)).toBe(false);
    expect(gpuOf(fallback)).toBe('auto');
  });

  it('knows a crash on Windows', () => {
    expect(auto().goOn(new Error('crashed'), exit(null, 0xc0000409))).toBe(true);
  });

  it.each(['cuda', 'vulkan', 'metal', 'off'] as const)('stays with --gpu %s', (gpu) => {
    expect(new DeviceFallback(llamaOptions('model.gguf', { gpu })).goOn(new Error('crashed'), crash)).toBe(false);
  });

  it('has nothing to choose for the mock', () => {
    const fallback = new DeviceFallback(mockOptions);
    expect(fallback.goOn(new Error('crashed'), crash)).toBe(false);
    expect(fallback.options).toBe(mockOptions);
  });
});

describe('a first start that crashes', () => {
  it('is tried again with the next device, and the warning comes with the model', async () => {
    const fallback = new DeviceFallback(llamaOptions('model.gguf', { gpu: 'auto' }));
    const { supervisor, children, setCrashes, states } = stage({
      fallback: {
        goOn: (...failure) => {
          const goesOn = fallback.goOn(...failure);
          setCrashes(false);
          return goesOn;
        },
        get warnings() {
          return fallback.warnings;
        },
      },
    });
    setCrashes(true);
    const info = await supervisor.start();
    expect(children.length).toBe(2);
    expect(info.warnings).toEqual([expect.stringContaining('llama.cpp crashed on it')]);
    expect(states).toEqual([{ status: 'ready', info }]);
  });

  it('fails with the last error when no device is left', async () => {
    const { supervisor, children, setCrashes } = stage({
      fallback: new DeviceFallback(llamaOptions('model.gguf', { gpu: 'auto' })),
    });
    setCrashes(true);
    await expect(supervisor.start()).rejects.toMatchObject({ code: 'engine_failed' });
    expect(children.length).toBe(3);
    expect(supervisor.state.status).toBe('failed');
  });

  it('launches nothing more if it is stopped meanwhile', async () => {
    const { supervisor, children, setCrashes } = stage({
      fallback: new DeviceFallback(llamaOptions('model.gguf', { gpu: 'auto' })),
    });
    setCrashes(true);
    const started = supervisor.start();
    await Promise.all([supervisor.stop(), expect(started).rejects.toMatchObject({ code: 'engine_unavailable' })]);
    expect(children.length).toBe(1);
  });
});

describe('exitError', () => {
  it('says what to do about an error of CUDA', () => {
    const lines = ['error: CUDA error: the provided PTX was compiled with an unsupported toolchain.'];
    expect(exitError(exit('SIGABRT', null, lines), 'engine')).toMatchObject({
      message: `The engine process crashed (SIGABRT). Its last output: ${lines[0]}`,
      hint: 'Update the NVIDIA driver, or choose another device with --gpu vulkan or --gpu off.',
    });
  });
});
