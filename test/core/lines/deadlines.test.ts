import { describe, expect, it } from 'vitest';
import type { InferenceEvent } from '../../../src/core/inference/request.js';
import { type LinesApp, linesApp, loadMs } from '../../support/lines-app.js';
import { Client } from '../inference/client.js';
import { ordinary } from '../inference/house.js';

type Settled = Extract<InferenceEvent, { type: 'settled' }>;

interface Scene extends Pick<LinesApp, 'clock' | 'lines'> {
  readonly ask: (id: string, deadlineMs: number) => Client;
  readonly outcomes: () => readonly string[];
}

/** Of two models, one is in memory, and `ask` is for the other. */
async function scene(): Promise<Scene> {
  const { clock, lines } = await linesApp({ models: ['chat', 'code'], maxLoaded: 1, queueTimeoutMs: 60_000 });
  const settled: Settled[] = [];
  lines.events((event) => {
    if (event.type === 'settled') settled.push(event);
  });
  return {
    clock,
    lines,
    ask: (id, deadlineMs) => {
      const client = new Client({ ...ordinary, id, deadlineMs }, clock);
      client.submitTo(lines.find('code').inference);
      return client;
    },
    outcomes: () => settled.map(({ id, outcome }) => `${id} ${outcome}`),
  };
}

describe('a deadline of a request whose model is not loaded', () => {
  it('refuses it as soon as the load has begun that takes longer, and the load goes on', async () => {
    const { clock, lines, ask, outcomes } = await scene();
    const hopeless = ask('a', loadMs);
    await clock.advanceAsync(1);
    expect(hopeless.error).toMatchObject({ code: 'deadline', retryAfterSeconds: loadMs / 1000 });
    const late = ask('b', loadMs - 10);
    const early = ask('c', loadMs + 100);
    await clock.advanceAsync(1);
    expect([late.error?.code, early.admission]).toEqual(['deadline', null]);
    await clock.advanceAsync(loadMs);
    expect(early.admission).toBe('admitted');
    expect(lines.modelQueues.map(({ loads }) => loads)).toEqual([1, 1]);
    expect(outcomes().slice(0, 2)).toEqual(['a refused', 'b refused']);
  });

  it('ends it when it passes while the load takes longer than expected', async () => {
    const { clock, lines, ask, outcomes } = await scene();
    lines.lines[1]?.engine.load(new AbortController().signal).catch(() => undefined);
    await clock.advanceAsync(1);
    // As if it had been loaded in half of the time before.
    const line = lines.lines[1];
    if (line === undefined) throw new Error('There is no second model.');
    Object.defineProperty(line, 'expectedLoadMs', { value: loadMs / 2 });
    const client = ask('a', loadMs - 100);
    await clock.advanceAsync(loadMs - 101);
    expect(client.admission).toBeNull();
    await clock.advanceAsync(1);
    expect(client.error?.code).toBe('deadline');
    expect(outcomes()).toEqual(['a timed_out']);
  });
});
