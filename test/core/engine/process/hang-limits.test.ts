import { describe, expect, it } from 'vitest';
import { hangLimitsOf } from '../../../../src/core/engine/process/hang-watch.js';
import type { LlamaEngineOptions } from '../../../../src/core/engine/options.js';
import { llamaOptions } from '../../../support/llama-options.js';
import { mockOptions } from '../mock/mock-harness.js';

const minuteMs = 60_000;

function llama(prefillChunk: number): LlamaEngineOptions {
  return llamaOptions('model.gguf', { prefillChunk });
}

describe('hang limits', () => {
  it('suffice for a full prefill chunk on a machine that takes seconds for each token', () => {
    expect(hangLimitsOf(llama(128)).roundMs(null)).toBe(128 * 5000);
    expect(hangLimitsOf(llama(128)).roundMs(7000)).toBe(132 * 7000);
    expect(hangLimitsOf(llama(2048)).roundMs(500)).toBe(2052 * 500);
  });

  it('leave minutes to a machine whose rounds are usually quick', () => {
    expect(hangLimitsOf(llama(128)).roundMs(20)).toBe(5 * minuteMs);
  });

  it('leave the mock to take as long as it was told', () => {
    expect(hangLimitsOf({ ...mockOptions, prefillMs: 60 * minuteMs }).roundMs(20)).toBe(Infinity);
    expect(hangLimitsOf(mockOptions).silenceMs).toBe(minuteMs);
  });
});
