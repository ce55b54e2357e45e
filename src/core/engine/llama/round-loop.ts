import { setImmediate as nextIteration } from 'node:timers/promises';
import type { Clock } from '../../base/clock.js';
import { Emitter, type Subscribable } from '../../base/emitter.js';
import { asChatstreamError } from '../../base/errors.js';
import { failedEvent, type GenerationEvent, type GenerationSpec, type Round } from '../engine.js';
import type { RoundWork } from '../threads/thread-governor.js';
import type { AdaptiveChunk } from './rounds/adaptive-chunk.js';
import { planRound } from './rounds/batching.js';
import { PrefillTurns } from './rounds/prefill-turns.js';
import { RoundReports } from './rounds/round-reports.js';
import type { RoundThreads } from './rounds/round-threads.js';
import type { SlotAssignment } from './slot-assignment.js';
import { LlamaGeneration } from './slots/generation.js';

/** A call that waits for the current round to end. */
type QueuedCall =
  { readonly type: 'generate'; readonly spec: GenerationSpec } | { readonly type: 'cancel'; readonly id: string };

/** The participants of a round. */
interface PlannedRound {
  readonly members: readonly LlamaGeneration[];
  /** The members that read a chunk of their prompts; all others decode. */
  readonly prefilling: readonly LlamaGeneration[];
  readonly work: RoundWork;
}

/**
 * Advances all running generations together. One round asks each of them for its next token, or for the next chunk of
 * its prefill, and waits for all; only then do they share a batch (docs/architecture/engine.md). Everything that
 * changes which generations run, or touches a KV cache, happens between rounds.
 *
 *     between rounds             a round, one batch                             between rounds
 *
 *     queued calls take      ─▶  a  in slot 0  decodes           reports "token"  ─▶  slot 1 is released;
 *     effect: c gets slot 2      b  in slot 1  decodes           reports "ended"      one iteration of the
 *                                c  in slot 2  prefills a chunk  reports nothing      event loop; again
 */
export class RoundLoop {
  readonly #slots: SlotAssignment;
  readonly #threads: RoundThreads;
  readonly #chunk: AdaptiveChunk;
  readonly #turns: PrefillTurns;
  readonly #clock: Clock;
  readonly #rounds = new Emitter<Round>();
  readonly #reports: RoundReports<Round>;
  readonly #queuedCalls: QueuedCall[] = [];
  /** Sorted by slot, as the batch has to contain them. */
  #running: LlamaGeneration[] = [];
  /** Events from outside a round; they are reported with the next one. */
  #pending: GenerationEvent[] = [];
  /** Generations that were cancelled during this round: their events are not reported. */
  readonly #silenced = new Set<string>();
  /** When the last round was over, in milliseconds on the clock. */
  #endedAt = 0;
  /** Whether the loop has been idle since the last round. */
  #hasSlept = true;
  #isStopping = false;
  #wake: (() => void) | null = null;
  readonly #finished: Promise<void>;

  constructor(slots: SlotAssignment, threads: RoundThreads, chunk: AdaptiveChunk, clock: Clock) {
    this.#slots = slots;
    this.#threads = threads;
    this.#chunk = chunk;
    this.#turns = new PrefillTurns(chunk.most);
    this.#clock = clock;
    this.#reports = new RoundReports<Round>((round) => {
      this.#report(round);
    }, clock);
    this.#finished = this.#run();
  }

  get rounds(): Subscribable<Round> {
    return this.#rounds.subscribe;
  }

  generate(spec: GenerationSpec): void {
    this.#queue({ type: 'generate', spec });
  }

  cancel(id: string): void {
    this.#silenced.add(id);
    this.#queue({ type: 'cancel', id });
  }

  /** Ends everything after the current round. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    await this.#finished;
  }

  #queue(call: QueuedCall): void {
    this.#queuedCalls.push(call);
    this.#wake?.();
  }

  async #run(): Promise<void> {
    for (;;) {
      if (!this.#goesOn) this.#reports.flush();
      await this.#applyQueuedCalls();
      if (this.#isStopping) break;
      if (this.#running.length > 0 || this.#pending.length > 0) await this.#round();
      else await this.#sleep();
    }
    for (const generation of this.#running) await this.#slots.release(generation);
  }

  /** Whether the next round can begin at once: no call has to take effect first, and no generation begins or ends before it. */
  get #goesOn(): boolean {
    if (this.#isStopping || this.#queuedCalls.length > 0 || this.#running.length === 0) return false;
    return this.#running.every(({ isCold, isOver }) => !isCold && !isOver);
  }

  #report(round: Round): void {
    const events = this.#silenced.size === 0 ? round.events : round.events.filter(({ id }) => !this.#silenced.has(id));
    this.#rounds.emit({ ...round, events });
  }

  async #applyQueuedCalls(): Promise<void> {
    for (let call = this.#queuedCalls.shift(); call !== undefined; call = this.#queuedCalls.shift()) {
      switch (call.type) {
        case 'generate':
          await this.#begin(call.spec);
          break;
        case 'cancel':
          await this.#cancel(call.id);
          break;
      }
    }
  }

  async #begin(spec: GenerationSpec): Promise<void> {
    try {
      const begun = await this.#slots.assign(spec);
      if (begun instanceof LlamaGeneration) {
        this.#running.push(begun);
        this.#running.sort((a, b) => a.slot.index - b.slot.index);
      } else {
        this.#pending.push(begun);
      }
    } catch (error) {
      this.#pending.push(failedEvent(spec.id, asChatstreamError(error, 'engine_failed')));
    }
  }

  async #cancel(id: string): Promise<void> {
    this.#silenced.delete(id);
    this.#pending = this.#pending.filter((event) => event.id !== id);
    await this.#release((generation) => generation.id === id);
  }

  /**
   * Begins the generations whose prefill fits into the next round, in their turn. A transfer of the prompt cache ends it, so
   * that there is at most one between two rounds.
   *
   * @returns whether the next round also copies a slot
   */
  async #warm(): Promise<boolean> {
    if (!this.#running.some(({ isCold }) => isCold)) return false;
    const isAlone = this.#running.length === 1;
    const prefilling = this.#running
      .filter(({ isDecoding }) => !isDecoding)
      .map((generation) => {
        const rest = generation.isCold ? this.#slots.expectedRest(generation, isAlone) : generation.rest;
        return { generation, rest, order: generation.order };
      });
    const chunk = this.#chunk.tokens;
    let room = chunk;
    for (const { generation, rest } of this.#turns.inTurn(prefilling)) {
      // A generation that begins too early misses what those before it are about to compute.
      if (room < chunk && Math.min(generation.chunkTokens, rest) > room) return false;
      if (generation.isCold) {
        const moved = await this.#slots.warm(generation, isAlone);
        if (moved !== null) return moved === 'copy';
      }
      room -= generation.nextChunk;
    }
    return false;
  }

  async #round(): Promise<void> {
    const idleMs = this.#clock.now() - this.#endedAt;
    this.#chunk.prepare(this.#running.filter(({ isDecoding }) => isDecoding).length);
    const copies = await this.#warm();
    const startedAt = this.#clock.now();
    const { members, prefilling, work } = this.#plan();
    const events = this.#pending;
    this.#pending = [];
    if (members.length > 0) this.#threads.begin(work);
    const stepped = Promise.all(members.map((generation) => generation.step(events)));
    this.#reports.computing();
    await stepped;
    const durationMs = this.#clock.now() - startedAt;
    // A round that also copies or rates says nothing about how long others take.
    const rates = prefilling.some(({ ratesPrompt }) => ratesPrompt);
    if (members.length > 0 && !copies && !rates) this.#observe(work, durationMs + (this.#hasSlept ? 0 : idleMs));
    this.#hasSlept = false;
    await this.#slots.prefilled(prefilling, work, rates ? null : { ms: durationMs, copies });
    const round = this.#describe({ durationMs, batchSize: members.length, events }, prefilling);
    if (this.#threads.startsThreads && this.#goesOn) this.#reports.later(round);
    else this.#reports.now(round);
    await this.#release((generation) => generation.isOver);
    // Lets messages in, so that a request that arrived during the round takes part in the next one. The library's
    // dispatcher, where it decodes, needs it to go idle: see round-batch.ts.
    this.#endedAt = this.#clock.now();
    await nextIteration();
  }

  /** Chooses who takes part in the next round. */
  #plan(): PlannedRound {
    const members = planRound(this.#running, this.#chunk.tokens, this.#turns);
    const prefilling = members.filter(({ isPrefilling }) => isPrefilling);
    this.#turns.took(
      this.#running.filter(({ isDecoding }) => !isDecoding),
      prefilling,
    );
    const prefillTokens = prefilling.reduce((sum, { nextChunk }) => sum + nextChunk, 0);
    return { members, prefilling, work: { decodes: members.length - prefilling.length, prefillTokens } };
  }

  /**
   * Adds to a round what else has changed during it. The changes are removed, so that the next round does not report
   * them again.
   */
  #describe(round: Round, prefilling: readonly LlamaGeneration[]): Round {
    const promptCache = this.#slots.takeCacheActivity();
    const prefills = prefilling.flatMap(({ prefill }) => prefill ?? []);
    const prefillChunk = this.#chunk.takeChange();
    return {
      ...round,
      ...(prefills.length > 0 && { prefills }),
      ...(promptCache !== undefined && { promptCache }),
      ...(prefillChunk !== undefined && { prefillChunk }),
    };
  }

  /** @param ms see `ThreadGovernor.observe` */
  #observe(work: RoundWork, ms: number): void {
    this.#threads.end(work, ms);
    this.#chunk.observe(work, ms);
  }

  async #release(isMeant: (generation: LlamaGeneration) => boolean): Promise<void> {
    const leaving = this.#running.filter(isMeant);
    if (leaving.length === 0) return;
    this.#running = this.#running.filter((generation) => !isMeant(generation));
    for (const generation of leaving) await this.#slots.release(generation);
  }

  async #sleep(): Promise<void> {
    if (this.#queuedCalls.length > 0) return;
    await new Promise<void>((wake) => {
      this.#wake = wake;
    });
    this.#wake = null;
    this.#hasSlept = true;
  }
}
