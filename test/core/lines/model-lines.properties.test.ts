import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ServingEngine } from '../../../src/core/engine/engine.js';
import { createMockEngine } from '../../../src/core/engine/mock/mock-engine.js';
import { ModelLines } from '../../../src/core/lines/model-lines.js';
import { engineDefaults } from '../../support/app.js';
import { inProcess } from '../../support/in-process.js';
import { slowToLoad } from '../../support/lines-app.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { Client } from '../inference/client.js';
import { ordinary } from '../inference/house.js';

const names = ['a', 'b', 'c'];
const spanMs = 120_000;

interface Visit {
  readonly atMs: number;
  readonly model: string;
  readonly tokens: number;
  /** How long the client has patience; null for as long as it takes. */
  readonly leavesAfterMs: number | null;
}

const visit: fc.Arbitrary<Visit> = fc.record({
  atMs: fc.integer({ min: 0, max: spanMs }),
  model: fc.constantFrom(...names),
  tokens: fc.integer({ min: 1, max: 800 }),
  leavesAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { freq: 2 }),
});

/** Real lines with mock engines, which note down what must not happen. */
class Stage {
  readonly clock = new VirtualClock();
  readonly faults: string[] = [];
  readonly clients: Client[] = [];
  readonly lines: ModelLines;
  #engines = 0;

  constructor() {
    const models = names.map((name) => ({
      ...{ name, root: name, fileBytes: 0, forecastBytes: () => 1 },
      isReplicated: false,
      createEngine: () => ({ engine: this.#watched(name), replicas: null }),
    }));
    const limits = { maxLoaded: 2, idleUnloadMs: 15_000, memoryBytes: Infinity, aliases: [] };
    const queue = { slots: 2, maxConcurrency: 2, maxQueue: 1000, queueTimeoutMs: 0 };
    this.lines = new ModelLines(models, { ...queue, ...limits }, this.clock);
  }

  visit({ model, tokens, leavesAfterMs }: Visit): void {
    const client = new Client({ ...ordinary, id: String(this.clients.length), maxTokens: tokens }, this.clock);
    this.clients.push(client);
    client.submitTo(this.lines.find(model).inference);
    if (leavesAfterMs === null) return;
    this.clock.schedule(leavesAfterMs, () => {
      if (client.end === undefined) client.leave();
    });
  }

  #watched(name: string): ServingEngine {
    const options = { ...engineDefaults, slots: 2, reply: 'long' } as const;
    const engine = inProcess(slowToLoad(createMockEngine(options, this.clock), this.clock, () => false));
    const running = new Set<string>();
    this.#engines += 1;
    if (this.#engines > 2) this.faults.push(`${this.#engines} engines`);
    engine.rounds(({ events }) => {
      for (const { type, id } of events) if (type === 'ended' || type === 'failed') running.delete(id);
    });
    return {
      ...engine,
      get state() {
        return engine.state;
      },
      generate: (spec) => {
        running.add(spec.id);
        engine.generate(spec);
      },
      cancel: (id) => {
        running.delete(id);
        engine.cancel(id);
      },
      stop: () => {
        if (running.size > 0) this.faults.push(`${name} was unloaded while it generated`);
        this.#engines -= 1;
        return engine.stop();
      },
    };
  }
}

it('serves everybody who stays, whoever comes, leaves and asks for which model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 60, size: 'max' }), async (visits) => {
      const stage = new Stage();
      void stage.lines.start();
      for (const each of visits) {
        stage.clock.schedule(each.atMs, () => {
          stage.visit(each);
        });
      }
      await stage.clock.advanceAsync(spanMs);
      for (let minute = 0; minute < 60 && stage.lines.running + stage.lines.waiting + stage.lines.preparing > 0;) {
        await stage.clock.advanceAsync(60_000);
        minute += 1;
      }
      expect(stage.faults).toEqual([]);
      const unhappy = stage.clients.filter((client, index) => {
        const hasLeft = visits.toSorted((one, other) => one.atMs - other.atMs)[index]?.leavesAfterMs !== null;
        return !hasLeft && client.end?.what !== 'ended';
      });
      expect(unhappy.map(({ id, error }) => [id, error?.code])).toEqual([]);
      expect(stage.lines.running + stage.lines.waiting + stage.lines.preparing).toBe(0);
      // Nobody asks any more, so that all of them have become idle.
      await stage.clock.advanceAsync(60_000);
      expect(stage.lines.modelQueues.map(({ state }) => state)).toEqual(['unloaded', 'unloaded', 'unloaded']);
    }),
    { numRuns: 12 },
  );
});
