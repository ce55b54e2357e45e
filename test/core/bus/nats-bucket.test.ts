import { describe, expect, it, vi } from 'vitest';
import { createTogether } from '../../../src/core/bus/nats-bucket.js';

/** What the server says to the second of two members that make the same bucket. */
const overlap = Object.assign(new Error('subjects overlap with an existing stream'), { code: 10065 });
const inUse = Object.assign(new Error('stream name already in use'), { code: 10058 });
const denied = Object.assign(new Error('permission denied'), { code: 10000 });

describe('a bucket that several members make at the same time', () => {
  it('is asked for again until the first of them has made it', async () => {
    const create = vi.fn().mockRejectedValueOnce(overlap).mockRejectedValueOnce(inUse).mockResolvedValue('bucket');
    expect(await createTogether(create)).toBe('bucket');
    expect(create).toHaveBeenCalledTimes(3);
  });

  it('is given up if its subjects stay with a stream of somebody else', async () => {
    const create = vi.fn().mockRejectedValue(overlap);
    await expect(createTogether(create)).rejects.toBe(overlap);
    expect(create).toHaveBeenCalledTimes(10);
  });

  it('is not asked for again after another fault', async () => {
    const create = vi.fn().mockRejectedValue(denied);
    await expect(createTogether(create)).rejects.toBe(denied);
    expect(create).toHaveBeenCalledTimes(1);
  });
});
