import { createMockEngine } from '../../src/core/engine/mock/mock-engine.js';
import type { AnswerListener, InferenceRequest } from '../../src/core/inference/request.js';
import { Inference } from '../../src/core/inference/service/inference.js';
import type { TrafficClass } from '../../src/core/scheduler/jobs/traffic-class.js';
import { inProcess } from '../../test/support/in-process.js';
import { greedy } from '../../test/support/sampling.js';
import { seededRandom } from '../../test/support/seeded-random.js';
import { VirtualClock } from '../../test/support/virtual-clock.js';
import { markdownTable } from '../support/markdown.js';
import { quantile } from '../support/statistics.js';

/**
 * What three people feel while a script keeps 50 batch requests in flight, with and without pauses: the scene of people.ts in
 * virtual time, so that nothing else on the machine matters.
 */
const virtualMs = Number(process.argv[2] ?? 600) * 1000;
const slots = 16;
const scriptRequests = 50;
const people = ['anna', 'ben', 'eva'];
const scriptLength = [50, 350] as const;
const personLength = [40, 160] as const;
const pauseMs = [500, 2500] as const;

interface Scene {
  readonly name: string;
  readonly hasScript: boolean;
  readonly preemptAfterMs: number | null;
}

const scenes: readonly Scene[] = [
  { name: 'without the script', hasScript: false, preemptAfterMs: null },
  { name: 'with the script', hasScript: true, preemptAfterMs: null },
  { name: '--preempt-batch-after 500ms', hasScript: true, preemptAfterMs: 500 },
  { name: '--preempt-batch-after 100ms', hasScript: true, preemptAfterMs: 100 },
  { name: '--preempt-batch-after 0ms', hasScript: true, preemptAfterMs: 0 },
];

class Run {
  readonly clock = new VirtualClock();
  readonly firstTokenMs: number[] = [];
  readonly scriptMs: number[] = [];
  tokens = 0;
  pauses = 0;
  readonly #inference: Inference;
  #asked = 0;

  constructor({ preemptAfterMs }: Scene) {
    const mock = { engine: 'mock', slots, context: 4096, prefillMs: 60, tokenMs: 10, reply: 'long' } as const;
    const engine = inProcess(createMockEngine(mock, this.clock));
    const fair = { policy: 'fair', classPatienceMs: 60_000, preemptAfterMs, terms: new Map() } as const;
    const limits = { maxConcurrency: slots, maxQueue: 200, queueTimeoutMs: 0 };
    this.#inference = new Inference(engine, { ...limits, slots, fair }, this.clock);
    this.#inference.events(({ type }) => {
      if (type === 'paused') this.pauses += 1;
    });
    void engine.start();
  }

  ask(key: string, trafficClass: TrafficClass, maxTokens: number, onEnd: (firstTokenMs: number) => void): void {
    const beganMs = this.clock.now();
    let firstTokenMs = Number.NaN;
    const listener: AnswerListener = {
      started: () => undefined,
      parts: () => {
        if (Number.isNaN(firstTokenMs)) firstTokenMs = this.clock.now() - beganMs;
      },
      ended: (_reason, _parts, { outputTokens }) => {
        this.tokens += outputTokens;
        onEnd(firstTokenMs);
      },
      failed: (error) => {
        throw error;
      },
    };
    this.#asked += 1;
    const request: InferenceRequest = {
      ...{ id: String(this.#asked), key, trafficClass, maxTokens, sampling: greedy, stop: [], stopTokens: [] },
      ...{ minTokens: 0, ignoreEos: true, thoughtTokens: null, format: { type: 'text' } },
      source: { type: 'text', text: 'Write about the sea.' },
    };
    void this.#inference.submit(request, listener, new AbortController().signal);
  }

  script(index: number): void {
    const random = seededRandom(index + 1);
    const next = (): void => {
      const beganMs = this.clock.now();
      this.ask('script', 'batch', between(random, scriptLength), () => {
        this.scriptMs.push(this.clock.now() - beganMs);
        next();
      });
    };
    next();
  }

  person(name: string, index: number): void {
    const random = seededRandom(index + 1000);
    const next = (): void => {
      this.clock.schedule(between(random, pauseMs), () => {
        this.ask(name, 'interactive', between(random, personLength), (firstTokenMs) => {
          this.firstTokenMs.push(firstTokenMs);
          next();
        });
      });
    };
    next();
  }
}

function between(random: () => number, [least, most]: readonly [number, number]): number {
  return Math.round(least + random() * (most - least));
}

const rows: string[][] = [];
for (const scene of scenes) {
  const run = new Run(scene);
  await run.clock.advanceAsync(0);
  if (scene.hasScript) for (let index = 0; index < scriptRequests; index += 1) run.script(index);
  for (const [index, name] of people.entries()) run.person(name, index);
  for (let passed = 0; passed < virtualMs; passed += 1000) await run.clock.advanceAsync(1000);
  const { firstTokenMs, scriptMs, tokens, pauses } = run;
  rows.push([
    scene.name,
    String(firstTokenMs.length),
    quantile(firstTokenMs, 0.5).toFixed(0),
    quantile(firstTokenMs, 0.95).toFixed(0),
    quantile(firstTokenMs, 0.99).toFixed(0),
    (tokens / (virtualMs / 1000)).toFixed(0),
    String(pauses),
    scene.hasScript ? (quantile(scriptMs, 0.5) / 1000).toFixed(1) : '',
    scene.hasScript ? (quantile(scriptMs, 0.99) / 1000).toFixed(1) : '',
  ]);
}
const head = ['', "people's requests", 'TTFT p50 (ms)', 'p95 (ms)', 'p99 (ms)', 'tokens/s, all', 'pauses'];
console.log(markdownTable([...head, 'script, end to end p50 (s)', 'p99 (s)'], rows));
