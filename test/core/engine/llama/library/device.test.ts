import { describe, expect, it } from 'vitest';
import { flashAttentionFor, openLlama, unavailableError } from '../../../../../src/core/engine/llama/library/device.js';
import type { Library } from '../../../../../src/core/engine/llama/library/library.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

const shape = (...headLengths: number[]) => ({ valuesPerToken: null, headLengths, plain: true });
const auto = { flashAttention: 'auto', cacheType: 'f16' } as const;

describe('flashAttentionFor', () => {
  it('is off on a CPU if heads are short', () => {
    expect(flashAttentionFor(shape(32, 32), auto, false)).toBe('off');
    expect(flashAttentionFor(shape(64, 32), auto, false)).toBe('off');
  });

  it('is up to llama.cpp with long or unknown heads, and on a GPU', () => {
    expect(flashAttentionFor(shape(64, 64), auto, false)).toBe('auto');
    expect(flashAttentionFor({ ...shape(), headLengths: null }, auto, false)).toBe('auto');
    expect(flashAttentionFor(shape(32, 32), auto, true)).toBe('auto');
  });

  it('respects what was requested, and what a quantised cache needs', () => {
    expect(flashAttentionFor(shape(32, 32), { ...auto, flashAttention: 'on' }, false)).toBe('on');
    expect(flashAttentionFor(shape(128, 128), { ...auto, flashAttention: 'off' }, false)).toBe('off');
    expect(flashAttentionFor(shape(32, 32), { ...auto, cacheType: 'q8_0' }, false)).toBe('auto');
  });
});

describe('unavailableError', () => {
  it('names what may be chosen instead', () => {
    expect(unavailableError('vulkan', ['cuda', 'off'], {})).toMatchObject({
      code: 'backend_unavailable',
      message: 'Vulkan cannot be used on this machine.',
      hint: 'Choose one of --gpu cuda, off, auto; or install the driver.',
    });
  });

  it('suspects a GPU that was chosen and does not exist', () => {
    expect(unavailableError('cuda', ['off'], { CUDA_VISIBLE_DEVICES: '7' }).hint).toBe(
      'Check that this GPU exists: CUDA_VISIBLE_DEVICES, which --devices sets, is 7. Or choose one of --gpu off, auto.',
    );
    expect(unavailableError('cuda', ['off'], { GGML_VK_VISIBLE_DEVICES: '7' }).hint).toMatch(/install the driver/);
  });
});

describe('openLlama', () => {
  it('starts llama.cpp again when the library waits for a child process that cannot exit', async () => {
    const clock = new VirtualClock();
    const llama = { gpu: false };
    const starts = [new Promise(() => undefined), Promise.resolve(llama)];
    const library = { LlamaLogLevel: {}, getLlama: () => starts.shift() } as unknown as Library;
    const opening = openLlama(library, 'off', 1, () => undefined, clock);
    await clock.advanceAsync(30_000);
    expect(await opening).toBe(llama);
  });
});
