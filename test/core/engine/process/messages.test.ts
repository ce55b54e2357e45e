import { describe, expect, it } from 'vitest';
import { contextLengthError } from '../../../../src/core/base/refusals/refusals.js';
import { fromWire, toWire } from '../../../../src/core/engine/process/messages.js';

describe('an error that crosses to another process', () => {
  it('keeps what a client is told', () => {
    const error = contextLengthError({ atLeast: 3000 }, 2048, 'prompt');
    const { code, message, hint, param, overflow } = fromWire(structuredClone(toWire(error)));
    expect({ code, message, hint, param, overflow }).toEqual({
      code: 'context_length_exceeded',
      message: error.message,
      hint: error.hint,
      param: 'prompt',
      overflow: { promptTokens: 3000, contextLength: 2048 },
    });
  });
});
