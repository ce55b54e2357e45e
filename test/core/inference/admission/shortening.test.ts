import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../../../src/core/base/errors.js';
import { contextLengthError } from '../../../../src/core/base/refusals/refusals.js';
import { afterFewestSteps } from '../../../../src/core/inference/admission/shortening.js';

/** A prompt that fits after some steps, and the attempts that were made. */
function prompt(enough: number): { readonly attempts: number[]; readonly attempt: (step: number) => Promise<number> } {
  const attempts: number[] = [];
  const attempt = (step: number): Promise<number> => {
    attempts.push(step);
    return step >= enough ? Promise.resolve(step) : Promise.reject(contextLengthError(100, 50, 'messages'));
  };
  return { attempts, attempt };
}

describe('a prompt that may be shortened', () => {
  it('is left alone if it fits', async () => {
    const { attempts, attempt } = prompt(0);
    expect(await afterFewestSteps(100, attempt)).toBe(0);
    expect(attempts).toEqual([0]);
  });

  it('is shortened by as few steps as possible, found with few attempts', async () => {
    for (let enough = 1; enough <= 100; enough++) {
      const { attempts, attempt } = prompt(enough);
      expect(await afterFewestSteps(100, attempt)).toBe(enough);
      expect(attempts.length).toBeLessThanOrEqual(9);
    }
  });

  it('is refused if no shortening is enough', async () => {
    await expect(afterFewestSteps(3, prompt(4).attempt)).rejects.toMatchObject({ code: 'context_length_exceeded' });
  });

  it('fails at once with any other error', async () => {
    const broken = (): Promise<number> => Promise.reject(new ChatstreamError('engine_failed', 'It broke.'));
    await expect(afterFewestSteps(3, broken)).rejects.toMatchObject({ code: 'engine_failed' });
  });
});
