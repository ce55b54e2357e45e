import { describe, expect, it } from 'vitest';
import { ResumableGenerations } from '../../../../src/core/engine/process/unfinished-work.js';
import { specOf } from '../mock/mock-harness.js';

describe('a request for embeddings', () => {
  it('begins again after a death, until it has ended', () => {
    const generations = new ResumableGenerations();
    const spec = specOf('a', { prompt: [1, 2, 3], inputLengths: [2, 1] });
    generations.add(spec);
    const round = { durationMs: 1, batchSize: 1 };
    generations.follow({ ...round, events: [{ type: 'embedded', id: 'a', index: 0, vector: '' }] });
    expect(generations.resumable()).toEqual([spec]);
    const ended = { type: 'ended', id: 'a', reason: 'stop', token: null, text: '' } as const;
    generations.follow({ ...round, events: [ended] });
    expect(generations.isEmpty).toBe(true);
  });
});
