import { describe, expect, it } from 'vitest';
import type { GenerationEvent, Round } from '../../../../src/core/engine/engine.js';
import {
  NumberedGenerations,
  packRound,
  type RoundMessage,
} from '../../../../src/core/engine/process/round-messages.js';

/** What arrives of a round. */
function sent(round: Round): RoundMessage {
  return JSON.parse(JSON.stringify(packRound(round))) as RoundMessage;
}

function roundOf(events: readonly GenerationEvent[]): Round {
  return { durationMs: 20, batchSize: events.length, events };
}

const logprob = { text: 'a', bytes: [97], logprob: -1, top: [], written: 'a' };

describe('a round as a message', () => {
  it('arrives with the ids of requests, and everything that its events have', () => {
    const generations = new NumberedGenerations();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => String(generations.add(id)));
    const events = (ids: readonly (string | undefined)[]): readonly GenerationEvent[] => {
      const [one = '', two = '', three = '', four = ''] = ids;
      return [
        { type: 'started', id: one, slot: 3, cachedTokens: 7 },
        { type: 'token', id: two, token: 5, text: 'é', logprob },
        { type: 'ended', id: three, reason: 'stop', token: 6, text: 'x', stop: '.', logprob },
        { type: 'failed', id: four, code: 'engine_failed', message: 'Why.', param: 'seed' },
        { type: 'token', id: one, token: 1, text: '' },
      ];
    };
    const round = { ...roundOf(events([a, b, c, d])), prefills: [{ id: b ?? '', tokens: 9 }], device: 'CPU' };
    expect(generations.unpackRound(sent(round))).toEqual({
      ...roundOf(events(['a', 'b', 'c', 'd'])),
      prefills: [{ id: 'b', tokens: 9 }],
      device: 'CPU',
    });
  });

  it('says nothing of generations that were removed or have ended', () => {
    const generations = new NumberedGenerations();
    const [a, b] = ['a', 'b'].map((id) => String(generations.add(id)));
    const token = (id = ''): GenerationEvent => ({ type: 'token', id, token: 1, text: 'x' });
    const ended = (id = ''): GenerationEvent => ({ type: 'ended', id, reason: 'stop', token: null, text: '' });
    generations.remove('b');
    expect(generations.unpackRound(sent(roundOf([token(a), token(b)]))).events).toEqual([token('a')]);
    expect(generations.unpackRound(sent(roundOf([ended(a), ended(b)]))).events).toEqual([ended('a')]);
    expect(generations.unpackRound(sent(roundOf([token(a)]))).events).toEqual([]);
    expect(generations.remove('a')).toBeUndefined();
  });

  it('tells an id that comes again from the one before', () => {
    const generations = new NumberedGenerations();
    const first = generations.add('a');
    generations.remove('a');
    expect(generations.add('a')).not.toBe(first);
    const late: GenerationEvent = { type: 'token', id: String(first), token: 1, text: 'x' };
    expect(generations.unpackRound(sent(roundOf([late]))).events).toEqual([]);
  });

  it('takes 20 bytes for a token, not its request and the names of its fields', () => {
    const generations = new NumberedGenerations();
    const events = Array.from({ length: 500 }, (_, index): GenerationEvent => {
      const id = String(generations.add(`chatcmpl-${index}-00000000-0000-0000-0000-000000000000`));
      return { type: 'token', id, token: 100 + (index % 800), text: 'word ' };
    });
    expect(JSON.stringify(packRound(roundOf(events))).length / events.length).toBeLessThan(20);
  });
});
