import { expect, it } from 'vitest';
import { Emitter } from '../../../src/core/base/emitter.js';
import type { InferenceEvent, Timings } from '../../../src/core/inference/request.js';
import { spendTokens } from '../../../src/core/inference/spending.js';

const timings: Timings = {
  queueMs: 0,
  prefillMs: 5,
  decodeMs: 10,
  promptTokens: 20,
  cachedTokens: 8,
  outputTokens: 3,
  reasoningTokens: 0,
};

function spentBy(
  changed: Partial<Timings>,
  names: { readonly key: string | null; readonly payer?: string },
): unknown[] {
  const events = new Emitter<InferenceEvent>();
  const spent: unknown[] = [];
  spendTokens(events.subscribe, { spend: (payer, tokens) => void spent.push([payer, tokens]) });
  const settled = {
    type: 'settled',
    id: 'a',
    requestId: null,
    outcome: 'completed',
    error: null,
    sinceArrivalMs: 15,
  } as const;
  events.emit({ ...settled, ...names, timings: { ...timings, ...changed } });
  return spent;
}

it('what was read and what was written counts against the limits of a key', () => {
  expect(spentBy({}, { key: 'anna' })).toEqual([['anna', 15]]);
});

it('so do tokens that another server is said to have generated, as they are read here', () => {
  expect(spentBy({ foreignTokens: 500 }, { key: 'anna' })).toEqual([['anna', 515]]);
});

it('an address pays instead of the key of all who have none', () => {
  expect(spentBy({}, { key: 'anonymous', payer: '10.0.0.7' })).toEqual([['10.0.0.7', 15]]);
});

it('what never left the queue costs nothing, nor does what belongs to nobody', () => {
  expect(spentBy({ outputTokens: 0, prefillMs: 0 }, { key: 'anna' })).toEqual([]);
  expect(spentBy({}, { key: null })).toEqual([]);
});
