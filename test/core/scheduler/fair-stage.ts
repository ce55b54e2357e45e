import fc from 'fast-check';
import type { FairOptions } from '../../../src/core/scheduler/fair-line.js';
import type { Demand, KeyTerms } from '../../../src/core/scheduler/jobs/demand.js';
import { Job } from '../../../src/core/scheduler/jobs/job.js';
import { outputWeight, promptWeight } from '../../../src/core/scheduler/jobs/key-account.js';
import { type TrafficClass, trafficClasses } from '../../../src/core/scheduler/jobs/traffic-class.js';
import { Scheduler } from '../../../src/core/scheduler/scheduler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

export const longestPrompt = 40;
export const longestAnswer = 30;

/** A job that knows how long its answer will be, which the scheduler does not. */
export class KeyJob extends Job {
  served = 0;
  answered = 0;

  constructor(
    readonly name: string,
    readonly ownDemand: Demand,
    readonly answerTokens: number,
    readonly cachedTokens: number,
    override readonly places = 1,
  ) {
    super();
  }

  override get demand(): Demand {
    return this.ownDemand;
  }
}

export type FairAction =
  | {
      readonly do: 'admit';
      readonly key: string;
      readonly trafficClass: TrafficClass;
      readonly promptTokens: number;
      readonly answerTokens: number;
      readonly cachedTokens: number;
      /** How long it has waited elsewhere; 0 or left out if it is new. */
      readonly waitedMs?: number;
      readonly places?: number;
    }
  | { readonly do: 'round'; readonly count: number }
  | { readonly do: 'withdraw'; readonly pick: number }
  | { readonly do: 'resize'; readonly maxConcurrency: number }
  | { readonly do: 'advance'; readonly ms: number };

export interface Start {
  readonly job: KeyJob;
  /** The jobs that waited just before, in the order of their arrival. */
  readonly waiting: readonly KeyJob[];
}

/** A scheduler for several keys with an engine that gives every running job a token in each round. */
export class FairStage {
  readonly clock = new VirtualClock();
  readonly scheduler: Scheduler<KeyJob>;
  readonly starts: Start[] = [];
  readonly admitted: KeyJob[] = [];
  readonly ended: KeyJob[] = [];
  readonly withdrawn: KeyJob[] = [];
  /** Jobs that were paused, with the one that started instead; null until it has. */
  readonly pauses: { readonly job: KeyJob; instead: KeyJob | null }[] = [];
  readonly resumed: KeyJob[] = [];
  running: readonly KeyJob[] = [];
  /** Paused ones come first. */
  waiting: readonly KeyJob[] = [];
  maxConcurrency: number;
  /** Weighted tokens of each key, as they were computed. */
  readonly service = new Map<string, number>();

  constructor(maxConcurrency: number, fair: FairOptions, maxQueue = 1_000_000) {
    this.maxConcurrency = maxConcurrency;
    this.scheduler = new Scheduler({ maxConcurrency, maxQueue, queueTimeoutMs: 0, fair }, this.clock);
    this.scheduler.events((event) => {
      if (event.type === 'moved' || event.type === 'turned_away') return;
      const { job } = event;
      if (event.type === 'paused') {
        this.running = this.running.filter((other) => other !== job);
        this.waiting = [job, ...this.waiting];
        this.pauses.push({ job, instead: null });
        return;
      }
      if (this.scheduler.running > Math.max(this.maxConcurrency, job.places))
        throw new Error(`${job.name} is one too many.`);
      const last = this.pauses.at(-1);
      if (last !== undefined) last.instead ??= job;
      if (event.type === 'resumed') this.resumed.push(job);
      this.starts.push({ job, waiting: this.waiting });
      this.waiting = this.waiting.filter((other) => other !== job);
      this.running = [...this.running, job];
    });
  }

  waitingOf(key: string): number {
    return this.waiting.filter(({ demand }) => demand.key === key).length;
  }

  perform(action: FairAction): void {
    switch (action.do) {
      case 'admit': {
        const { key, trafficClass, promptTokens, answerTokens, cachedTokens, waitedMs = 0, places } = action;
        const demand = { key, trafficClass, promptTokens, maxTokens: longestAnswer };
        const cached = Math.min(cachedTokens, promptTokens - 1);
        const job = new KeyJob(`job ${this.admitted.length}`, demand, answerTokens, cached, places);
        this.admitted.push(job);
        this.waiting = [...this.waiting, job];
        if (waitedMs > 0) this.scheduler.readmit(job, waitedMs);
        else this.scheduler.admit(job);
        return;
      }
      case 'round':
        for (let count = 0; count < action.count; count += 1) this.#round();
        return;
      case 'withdraw': {
        const all = [...this.running, ...this.waiting];
        const job = all[action.pick % Math.max(1, all.length)];
        if (job === undefined) return;
        this.running = this.running.filter((other) => other !== job);
        this.waiting = this.waiting.filter((other) => other !== job);
        this.withdrawn.push(job);
        this.scheduler.withdraw(job);
        return;
      }
      case 'resize':
        this.maxConcurrency = action.maxConcurrency;
        this.scheduler.resize({ maxConcurrency: action.maxConcurrency });
        return;
      case 'advance':
        this.clock.advance(action.ms);
    }
  }

  #round(): void {
    for (const job of this.running) {
      // Another one's end may have led to its pause.
      if (job.status !== 'running') continue;
      if (job.answered === 0) {
        this.scheduler.countCached(job, job.cachedTokens);
        this.#serve(job, (job.demand.promptTokens - job.cachedTokens) * promptWeight);
      }
      job.answered += 1;
      this.scheduler.countOutput(job);
      this.#serve(job, outputWeight);
      if (job.answered < job.answerTokens) continue;
      this.running = this.running.filter((other) => other !== job);
      this.ended.push(job);
      this.scheduler.release(job);
    }
  }

  #serve(job: KeyJob, weighted: number): void {
    const { key } = job.demand;
    job.served += weighted;
    this.service.set(key, (this.service.get(key) ?? 0) + weighted);
  }
}

const maxConcurrency = fc.integer({ min: 1, max: 5 });

export interface FairScript {
  readonly maxConcurrency: number;
  readonly fair: FairOptions;
  readonly actions: readonly FairAction[];
}

export interface FairShape {
  readonly keys: readonly string[];
  readonly classes?: readonly TrafficClass[];
  readonly limited?: boolean;
  readonly policy?: FairOptions['policy'];
  readonly classPatienceMs?: fc.Arbitrary<number>;
  readonly resizing?: boolean;
  readonly preemptAfterMs?: fc.Arbitrary<number | null>;
  readonly waitedMs?: fc.Arbitrary<number>;
  readonly places?: fc.Arbitrary<number>;
}

export function fairScripts({
  keys,
  classes = trafficClasses,
  limited = false,
  policy = 'fair',
  classPatienceMs = fc.constantFrom(0, 50, 400, 60_000),
  resizing = true,
  preemptAfterMs = fc.constant(null),
  waitedMs = fc.constant(0),
  places = fc.constant(1),
}: FairShape): fc.Arbitrary<FairScript> {
  const tokens = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
  const admit = fc.record({
    do: fc.constant('admit' as const),
    key: fc.constantFrom(...keys),
    trafficClass: fc.constantFrom(...classes),
    promptTokens: tokens(longestPrompt),
    answerTokens: tokens(longestAnswer),
    cachedTokens: fc.oneof(fc.constant(0), tokens(longestPrompt)),
    waitedMs,
    places,
  });
  const round = tokens(12).map((count): FairAction => ({ do: 'round', count }));
  const withdraw = fc.nat({ max: 50 }).map((pick): FairAction => ({ do: 'withdraw', pick }));
  const resize = maxConcurrency.map((max): FairAction => ({ do: 'resize', maxConcurrency: max }));
  const advance = fc.integer({ min: 0, max: 300 }).map((ms): FairAction => ({ do: 'advance', ms }));
  const term = fc.record({
    share: fc.constantFrom(0.5, 1, 1, 2, 3),
    maxRunning: limited ? fc.option(fc.integer({ min: 1, max: 3 })) : fc.constant(null),
    maxWaiting: fc.constant(null),
  });
  const terms: fc.Arbitrary<ReadonlyMap<string, KeyTerms>> = fc
    .tuple(...keys.map(() => term))
    .map((each) => new Map(each.map((terms, index) => [keys[index] ?? '', terms])));
  return fc.record({
    maxConcurrency,
    fair: fc.record({ policy: fc.constant(policy), classPatienceMs, preemptAfterMs, terms }),
    actions: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: admit },
        { weight: 5, arbitrary: round },
        { weight: 1, arbitrary: withdraw },
        { weight: resizing ? 1 : 0, arbitrary: resize },
        { weight: 1, arbitrary: advance },
      ),
      { maxLength: 120, size: 'max' },
    ),
  });
}

export function playFair(script: FairScript, check: (stage: FairStage) => void = () => undefined): FairStage {
  const stage = new FairStage(script.maxConcurrency, script.fair);
  for (const action of script.actions) {
    stage.perform(action);
    check(stage);
  }
  return stage;
}
