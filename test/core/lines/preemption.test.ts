import { describe, expect, it } from 'vitest';
import { type LinesApp, linesApp, type LinesAppOptions, loadMs } from '../../support/lines-app.js';
import { Client } from '../inference/client.js';
import { ordinary } from '../inference/house.js';

const fair = { policy: 'fair', classPatienceMs: 60_000, preemptAfterMs: 50, terms: new Map() } as const;
const night = { key: 'night', trafficClass: 'batch', maxTokens: 30 } as const;
const person = { key: 'person', trafficClass: 'interactive', maxTokens: 5 } as const;
const engine = { slots: 1, prefillMs: 20, tokenMs: 10, reply: 'long' } as const;

interface Scene {
  readonly pass: (ms: number) => Promise<void>;
  readonly ask: (model: string, id: string, request: object) => Client;
  readonly counts: (model: string) => object;
}

async function scene(options: Partial<LinesAppOptions> = {}): Promise<Scene> {
  const app: LinesApp = await linesApp({ models: ['chat', 'code'], engine, fair, maxConcurrency: 1, ...options });
  const { clock, lines } = app;
  const inferenceOf = (model: string): (typeof lines.lines)[number]['inference'] => {
    const line = lines.lines.find(({ name }) => name === model);
    if (line === undefined) throw new Error(`There is no model ${model}.`);
    return line.inference;
  };
  return {
    pass: (ms) => clock.advanceAsync(ms),
    ask: (model, id, request) => {
      const client = new Client({ ...ordinary, ...request, id }, clock);
      client.submitTo(inferenceOf(model));
      return client;
    },
    counts: (model) => {
      const { running, waiting, paused } = inferenceOf(model);
      return { running, waiting, paused };
    },
  };
}

describe('batch generations of several models', () => {
  it('are paused for interactive requests of their own model, not for those of another', async () => {
    const { pass, ask, counts } = await scene();
    const inChat = ask('chat', 'chat-night', night);
    const inCode = ask('code', 'code-night', night);
    await pass(105);
    ask('code', 'code-person', person);
    await pass(60);
    expect(counts('chat')).toEqual({ running: 1, waiting: 0, paused: 0 });
    expect(counts('code')).toEqual({ running: 1, waiting: 1, paused: 1 });
    await pass(1000);
    expect(inCode.answer).toBe(inChat.answer);
    expect(inChat.timings).not.toHaveProperty('pausedMs');
    expect(inCode.timings?.pausedMs).toBeGreaterThan(0);
  });

  it('keep their model in memory until they have gone on and ended', async () => {
    const { pass, ask, counts } = await scene({ maxLoaded: 1 });
    // The model in memory yields only when it has served for as long as loading takes.
    await pass(2 * loadMs);
    const paused = ask('chat', 'night', night);
    await pass(105);
    ask('chat', 'person', { ...person, maxTokens: 20 });
    await pass(60);
    expect(counts('chat')).toEqual({ running: 1, waiting: 1, paused: 1 });
    const other = ask('code', 'other', person);
    await pass(500);
    expect(paused.answer.split(' ')).toHaveLength(30);
    expect(other.answer).toBe('');
    await pass(loadMs + 500);
    expect(other.answer.split(' ')).toHaveLength(5);
  });

  it('go on in either engine of their model', async () => {
    const { pass, ask, counts } = await scene({ enginesEach: 2, engine: { ...engine, slots: 2 }, maxConcurrency: 2 });
    const [first, second] = [ask('chat', 'first', night), ask('chat', 'second', night)];
    await pass(105);
    ask('chat', 'person', { ...person, maxTokens: 60 });
    await pass(60);
    expect(counts('chat')).toEqual({ running: 2, waiting: 1, paused: 1 });
    await pass(2000);
    expect(second.answer).toBe(first.answer);
    expect([first.timings?.executor, second.timings?.executor]).toEqual(['chat/local-1', 'chat/local-1']);
  });
});
