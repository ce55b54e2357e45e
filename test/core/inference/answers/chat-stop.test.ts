import { describe, expect, it } from 'vitest';
import type { InferenceRequest } from '../../../../src/core/inference/request.js';
import { Inference } from '../../../../src/core/inference/service/inference.js';
import { greedy } from '../../../support/sampling.js';
import { ScriptedEngine } from '../../../support/scripted-engine.js';
import { VirtualClock } from '../../../support/virtual-clock.js';
import { Client } from '../client.js';

const request: InferenceRequest = {
  id: 'a',
  source: { type: 'chat', messages: [{ role: 'user', content: 'Hi' }] },
  maxTokens: 4,
  sampling: greedy,
  stop: ['###'],
  stopTokens: [],
  minTokens: 0,
  ignoreEos: false,
  format: { type: 'text' },
  thoughtTokens: null,
};

async function stopStringsOf(changes: Partial<InferenceRequest>): Promise<readonly string[] | undefined> {
  const clock = new VirtualClock();
  const engine = new ScriptedEngine({ chatStop: ['<|im_end|>'] });
  const options = { maxConcurrency: 1, slots: 1, maxQueue: 1, queueTimeoutMs: 0 };
  const inference = new Inference(engine, options, clock);
  await engine.start();
  new Client({ ...request, ...changes }, clock).submitTo(inference);
  await clock.advanceAsync(0);
  return engine.specs[0]?.stop;
}

describe('an answer of a model without a chat template', () => {
  it('also ends at the end of the format that is used instead', async () => {
    expect(await stopStringsOf({})).toEqual(['###', '<|im_end|>']);
  });

  it('does not, if it continues a text, or past the end of text', async () => {
    expect(await stopStringsOf({ source: { type: 'text', text: 'Hi' } })).toEqual(['###']);
    expect(await stopStringsOf({ ignoreEos: true })).toEqual(['###']);
  });
});
