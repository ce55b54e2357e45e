import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/base/clock.js';
import type { GenerationEvent } from '../../src/core/engine/engine.js';
import { superviseEngine } from '../../src/core/engine/process/supervise-engine.js';
import type { SupervisedEngine } from '../../src/core/engine/process/supervised-engine.js';
import type { QueueSnapshot } from '../../src/core/inference/queue/queue-snapshot.js';
import type { AdmittedRequest, InferenceRequest } from '../../src/core/inference/request.js';
import { Inference } from '../../src/core/inference/service/inference.js';
import { streamChat } from '../support/answer-stream.js';
import { syntheticModel } from '../support/gguf/index.js';
import { queueOf, untilQueued } from '../support/queue-view.js';
import { greedy } from '../support/sampling.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { until } from '../support/until.js';

/**
 * The scenario of Qualiteg's ChatStream (2023), with the real engine: of three requests two run and advance together,
 * token by token; the third waits in the request queue and enters the processing queue when one of them ends.
 */
describe('of three requests with max-concurrency 2, by the engine’s token events', () => {
  /** The first outlasts everything, however long it takes until the third begins. */
  const maxTokens = { first: 8000, second: 200, third: 20 };
  let engine: SupervisedEngine;
  let inference: Inference;
  /** As it was when all three had been admitted. */
  let queue: QueueSnapshot;
  const rounds: (readonly GenerationEvent[])[] = [];

  beforeAll(async () => {
    const modelPath = await unhurriedModel();
    const sizes = { slots: 2, context: 8192, threads: 1, prefillChunk: 128 } as const;
    const device = { gpu: 'off', gpuLayers: 0, flashAttention: 'auto', cacheType: 'f16', promptCache: 0 } as const;
    engine = superviseEngine({ engine: { engine: 'llama', modelPath, ...device, ...sizes } });
    inference = new Inference(engine, { slots: 2, maxConcurrency: 2, maxQueue: 8, queueTimeoutMs: 0 }, systemClock);
    engine.rounds(({ events }) => rounds.push(events));
    await engine.start();
    // It runs when the others arrive, so that the second never runs alone, however long this process may stall. One after the
    // other: prompts that are prepared at the same time may be ready in any order.
    await submit('first');
    await until(() => roundOf('first', 'token') !== -1, 'the first to run');
    await submit('second');
    await submit('third');
    queue = inference.snapshot();
  });

  afterAll(async () => {
    await engine.stop();
  });

  function submit(id: keyof typeof maxTokens): Promise<AdmittedRequest> {
    const nobody = { started: ignore, parts: ignore, ended: ignore, failed: ignore };
    return inference.submit(request(id, maxTokens[id]), nobody, new AbortController().signal);
  }

  /** The round in which something happened to a request for the first time; -1 if it has not. */
  function roundOf(id: string, type: GenerationEvent['type']): number {
    return rounds.findIndex((events) => events.some((event) => event.id === id && event.type === type));
  }

  function slotOf(id: string): number | undefined {
    return rounds.flat().flatMap((event) => (event.type === 'started' && event.id === id ? [event.slot] : []))[0];
  }

  /** The requests that got a token in a round. Their order means nothing: they got it in one decode. */
  function served(round: readonly GenerationEvent[]): string[] {
    return round.flatMap((event) => ('token' in event && event.token !== null ? [event.id] : [])).sort();
  }

  it('the third waits in the request queue, at position 1', () => {
    expect(queue.running.map(({ id }) => id)).toEqual(['first', 'second']);
    expect(queue.waiting).toMatchObject([{ id: 'third', position: 1 }]);
  });

  it('the second and the third get every one of their tokens while the first goes on', async () => {
    await until(() => roundOf('third', 'ended') !== -1, 'the third to end');
    expect(roundOf('first', 'ended')).toBe(-1);
    for (const id of ['second', 'third'] as const) {
      expect(rounds.flatMap(served).filter((each) => each === id)).toHaveLength(maxTokens[id]);
    }
  });

  it('the first two advance alternately, a token each in every round', () => {
    const together = rounds.slice(roundOf('second', 'token'), roundOf('second', 'ended') + 1);
    expect(together).toHaveLength(maxTokens.second);
    for (const round of together) expect(served(round)).toEqual(['first', 'second']);
  });

  it('the third starts only after the second has ended, in its slot, and then alternates with the first', () => {
    expect(roundOf('third', 'started')).toBeGreaterThan(roundOf('second', 'ended'));
    expect(slotOf('third')).toBe(slotOf('second'));
    const together = rounds.slice(roundOf('third', 'token'), roundOf('third', 'ended') + 1);
    expect(together).toHaveLength(maxTokens.third);
    for (const round of together) expect(served(round)).toEqual(['first', 'third']);
  });
});

describe('of three requests with max-concurrency 2, over HTTP', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    const sizes = ['--context', '8192', '--threads', '1', '--max-concurrency', '2'];
    server = await startServer(['--model', await unhurriedModel(), '--gpu', 'off', ...sizes]);
  });

  it('two run in lockstep, and the third is seen to wait until one of them ends', async () => {
    const endless = { max_tokens: 8000, ignore_eos: true };
    const leaving = { first: new AbortController(), second: new AbortController() };
    const first = streamChat(server.url, 'first', endless, leaving.first.signal);
    await until(() => first.text !== '', 'the first to run');
    const second = streamChat(server.url, 'second', endless, leaving.second.signal);
    await until(() => second.text !== '', 'the second to run');
    const third = streamChat(server.url, 'third', { max_tokens: 5 });

    const { waiting } = await untilQueued(server.url, 2, 1);
    expect(waiting).toMatchObject([{ position: 1 }]);
    expect(third.status).toBeNull();
    // Rounds go on between two looks at the queue; the one that is ahead stays ahead by the same number of tokens.
    const leads = [await lead(server.url), await lead(server.url), await lead(server.url)];
    expect(new Set(leads).size).toBe(1);

    leaving.first.abort();
    await third.ended;
    expect(third).toMatchObject({ status: 200, isComplete: true });
    expect(second.isDone).toBe(false);
    leaving.second.abort();
    expect(await untilQueued(server.url, 0, 0)).toMatchObject({ totals: { completed: 1, cancelled: 2 } });
  });
});

/** A few milliseconds per round: long enough to look at the queue between two of them. */
function unhurriedModel(): Promise<string> {
  return syntheticModel({ dim: 256, layers: 8, ffn: 1024, context: 8192 });
}

/** How many tokens the first of two running generations is ahead of the second. */
async function lead(url: string): Promise<number> {
  const [first, second] = (await queueOf(url)).running;
  if (first === undefined || second === undefined) throw new Error('There are no two running generations.');
  return first.output_tokens - second.output_tokens;
}

function request(id: string, maxTokens: number): InferenceRequest {
  return {
    id,
    source: { type: 'chat', messages: [{ role: 'user', content: `The ${id} request.` }] },
    maxTokens,
    sampling: greedy,
    stop: [],
    stopTokens: [],
    minTokens: 0,
    ignoreEos: true,
    format: { type: 'text' },
    thoughtTokens: null,
  };
}

function ignore(): void {
  // The events of the engine tell everything.
}
