import type { CancelTimer, Clock } from '../../base/clock.js';
import { Emitter } from '../../base/emitter.js';
import type { Bus } from '../../bus/bus.js';
import type { RunSnapshot } from '../record/run-recorder.js';
import { fetchState } from './long-states.js';
import {
  type AgentState,
  type Command,
  decodeMessage,
  encodeMessage,
  shapes,
  type Speaker,
  speakerText,
  subjects,
  type Wish,
} from './messages.js';
import { narrowStart, type StartTime } from './start-time.js';

/** An agent that does not answer for this long counts as lost. NATS takes less time to restart. */
export const agentPatienceMs = 15_000;

/** How long one answer may take before the agent is asked again. */
const answerTimeoutMs = 2000;

/** What a bench needs to talk to its agents. */
export interface Cluster {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly speaker: Speaker;
  /** Of this bench, different from all others. */
  readonly session: string;
  /** Name of this machine, for the agents' logs. */
  readonly host: string;
}

/** One agent, as the bench sees it. It is told repeatedly what is wanted of it, and answers with its state. */
export class RemoteAgent {
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #id: string;
  readonly #everyMs: number;
  readonly #changed = new Emitter<undefined>();
  #wish: Wish = { type: 'stay' };
  #state: AgentState | null = null;
  #snapshot: RunSnapshot | null = null;
  #start: StartTime | null = null;
  /** The run that was released last, and when. */
  #released: { readonly run: number; readonly atMs: number } | null = null;
  #lost: string | null = null;
  #heardMs: number;
  #asked = 0;
  #answered = 0;
  #stopTimer: CancelTimer = () => undefined;
  #isClosed = false;

  /** @param everyMs how often it is asked */
  constructor(cluster: Cluster, { id, name }: { readonly id: string; readonly name: string }, everyMs: number) {
    this.#cluster = cluster;
    this.#id = id;
    this.name = name;
    this.#everyMs = everyMs;
    this.#heardMs = cluster.clock.now();
  }

  get id(): string {
    return this.#id;
  }

  /** Its latest state; null: none yet. */
  get state(): AgentState | null {
    return this.#state;
  }

  /** Why it no longer takes part; null if it does. */
  get lost(): string | null {
    return this.#lost;
  }

  /** The figures of its run, as far as they are known; null before it has begun. */
  get snapshot(): RunSnapshot | null {
    return this.#snapshot;
  }

  /** When it began the run that was released last; null if unknown. */
  get start(): StartTime | null {
    return this.#start;
  }

  get resultSubject(): string {
    return subjects.result(this.#id);
  }

  /** Tells it now, and repeatedly from now on. */
  want(wish: Wish): void {
    this.#wish = wish;
    if (wish.type === 'prepare') this.#snapshot = null;
    if (wish.type === 'run') {
      this.#start = null;
      this.#released = { run: wish.run, atMs: this.#cluster.clock.now() };
    }
    void this.#tell();
  }

  /** Marks the agent as gone, because it has said so itself or something else shows it. */
  lose(reason: string): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    this.#stopTimer();
    this.#changed.emit(undefined);
  }

  /** Resolves as soon as its state is one of these, or it is lost. */
  async until(isReached: (state: AgentState) => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.#lost === null && (this.#state === null || !isReached(this.#state))) return;
        stop();
        resolve();
      };
      const stop = this.#changed.subscribe(check);
      check();
    });
  }

  /** Says that the bench is over, without waiting for an answer. */
  close(): void {
    this.#isClosed = true;
    this.#stopTimer();
    const { bus, speaker } = this.#cluster;
    bus.publish(subjects.agent(this.#id), encodeMessage(speaker, this.#command({ type: 'leave' })));
  }

  #command(wish: Wish): Command {
    const { session, host } = this.#cluster;
    return { session, host, wish };
  }

  async #tell(): Promise<void> {
    const { bus, speaker, clock } = this.#cluster;
    if (this.#lost !== null || this.#isClosed) return;
    this.#stopTimer();
    this.#asked += 1;
    const number = this.#asked;
    const askedMs = clock.now();
    const message = encodeMessage(speaker, this.#command(this.#wish));
    const answer = await bus.request(subjects.agent(this.#id), message, answerTimeoutMs);
    if (answer !== null) await this.#hear(answer, number, askedMs);
    // Another question has been asked in the meantime, and continues.
    if (number !== this.#asked) return;
    if (clock.now() - this.#heardMs > agentPatienceMs) this.lose(`did not answer for ${agentPatienceMs / 1000} s`);
    else this.#stopTimer = clock.schedule(this.#everyMs, () => void this.#tell());
  }

  /** @param number which question is answered; an older answer than the last one says nothing new */
  async #hear(answer: Uint8Array, number: number, askedMs: number): Promise<void> {
    const { clock, speaker } = this.#cluster;
    const received = decodeMessage(speaker, shapes.agentAnswer, answer);
    if (received === null) return;
    const nowMs = clock.now();
    this.#heardMs = nowMs;
    if (received.type === 'foreign') {
      this.lose(`speaks another version, that of ${speakerText(received.speaker)}`);
      return;
    }
    const { value } = received;
    const isWanted = (): boolean => number === this.#asked && this.#lost === null && !this.#isClosed;
    const state =
      value.type === 'long' ? await fetchState(this.#cluster, this.resultSubject, value.state, isWanted) : value;
    if (state === null || number <= this.#answered) return;
    this.#answered = number;
    this.#take(state, askedMs, nowMs);
  }

  #take(state: AgentState, askedMs: number, nowMs: number): void {
    this.#state = state;
    if (state.type === 'busy') this.lose('works for another bench, or has given this one up');
    else if (state.type === 'refused') this.lose(`refuses: ${state.reason}`);
    else if (state.type === 'running' || state.type === 'done') this.#narrowStart(state, askedMs, nowMs);
    if (state.type === 'running' && state.run === this.#released?.run) this.#snapshot = state.snapshot;
    this.#changed.emit(undefined);
  }

  #narrowStart({ run, forMs }: { readonly run: number; readonly forMs: number }, askedMs: number, nowMs: number): void {
    const released = this.#released;
    if (released?.run !== run || askedMs < released.atMs) return;
    const [asked, answered] = [askedMs - released.atMs, nowMs - released.atMs];
    this.#start = narrowStart(this.#start, { askedMs: asked, answeredMs: answered, forMs });
  }
}
