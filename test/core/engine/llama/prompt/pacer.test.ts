import { describe, expect, it } from 'vitest';
import { Pacer } from '../../../../../src/core/engine/llama/prompt/pacer.js';

describe('works that rest', () => {
  it('go on one in each iteration of the event loop, in their order', async () => {
    let iteration = 0;
    let counter: NodeJS.Immediate | undefined;
    const count = (): void => {
      iteration += 1;
      counter = setImmediate(count);
    };
    counter = setImmediate(count);
    const wentOn: string[] = [];
    const rest = async (name: string): Promise<void> => {
      await new Pacer().rest();
      wentOn.push(`${name} in ${String(iteration)}`);
    };
    await Promise.all([rest('a'), rest('b'), rest('c')]);
    clearImmediate(counter);
    expect(wentOn).toEqual(['a in 1', 'b in 2', 'c in 3']);
  });

  it('do not go on if nobody waits for them, and do not hold up the others', async () => {
    const leaving = AbortSignal.abort(new Error('left'));
    const left = new Pacer(leaving).rest();
    const stays = new Pacer().rest();
    await expect(left).rejects.toThrow('left');
    await stays;
  });
});
