import { describe, expect, it } from 'vitest';
import { ChatstreamError } from '../../src/core/base/errors.js';
import type { EngineState, Round } from '../../src/core/engine/engine.js';
import { mockBench, specOf } from '../core/engine/mock/mock-harness.js';
import { inProcess } from '../support/in-process.js';

describe('in-process engine', () => {
  it('is the engine itself with a state', async () => {
    const { engine, clock } = mockBench();
    const serving = inProcess(engine);
    const states: EngineState[] = [];
    const rounds: Round[] = [];
    serving.states((state) => states.push(state));
    serving.rounds((round) => rounds.push(round));
    expect(serving.state).toEqual({ status: 'starting' });
    const info = await serving.start();
    expect(serving.state).toEqual({ status: 'ready', info });
    expect(await serving.detokenize(await serving.tokenize('a'))).toBe('a');
    serving.generate(specOf('a', { maxTokens: 1 }));
    serving.generate(specOf('b'));
    serving.cancel('b');
    clock.advance(1000);
    expect(rounds.flatMap(({ events }) => events.map(({ type, id }) => `${type} ${id}`))).toEqual([
      'started a',
      'ended a',
    ]);
    await serving.stop();
    expect(states.map(({ status }) => status)).toEqual(['ready', 'stopped']);
  });

  it('has failed if the start fails', async () => {
    const { engine } = mockBench();
    const error = new ChatstreamError('model_unreadable', 'No model.');
    engine.start = () => Promise.reject(error);
    const serving = inProcess(engine);
    await expect(serving.start()).rejects.toBe(error);
    expect(serving.state).toEqual({ status: 'failed', reason: 'No model.' });
  });
});
