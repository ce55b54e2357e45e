import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Bus } from '../../bus/bus.js';
import { chooseWorkers } from '../load/in-workers.js';
import type { LoadJob } from '../load/job/load-job.js';
import type { LoadGenerator } from '../load/load-generator.js';
import { AgentRun, type RunEvent } from './agent-run.js';
import { BlobSource, fetchBlob } from './blobs.js';
import { decodeJob } from './job-code.js';
import { StateAnswers } from './long-states.js';
import {
  type AgentState,
  type Command,
  decodeMessage,
  encodeMessage,
  type Here,
  shapes,
  type Speaker,
  speakerText,
  subjects,
  type Wish,
} from './messages.js';

/**
 * A bench that is silent for this long is considered gone, and the agent is free again. Longer than NATS takes to
 * restart.
 */
export const benchPatienceMs = 20_000;

const checkEveryMs = 1000;

/** What an agent does, for its log. */
export type AgentEvent =
  | { readonly type: 'claimed'; readonly host: string }
  | { readonly type: 'prepares'; readonly place: string }
  | RunEvent
  /** `silent`: the bench was not heard from for too long. */
  | { readonly type: 'free'; readonly cause: 'over' | 'silent' }
  | { readonly type: 'refused'; readonly speaker: Speaker };

export interface AgentOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly speaker: Speaker;
  /** Of this process, different from all others. */
  readonly id: string;
  /** For people, such as the name of the machine. */
  readonly name: string;
  readonly createLoad: (workers: number) => LoadGenerator;
  readonly onEvent: (event: AgentEvent) => void;
}

/** What the agent does for one bench. */
interface Session {
  readonly id: string;
  heardMs: number;
  run: AgentRun | null;
  /** The part that is the same in all runs, by its hash: it is fetched once. */
  readonly common: Map<string, string>;
  load: { readonly workers: number; readonly generator: LoadGenerator } | null;
  readonly stopTimer: CancelTimer;
}

/**
 * Sends load for one bench at a time. It does what the bench last requested, and answers each request with its state,
 * so that messages may be lost, repeated or late.
 *
 * ```text
 * free ─▶ claimed ─▶ preparing ─▶ prepared ─▶ running ─▶ done     by the next run, preparing again
 *   ▲         a bench that leaves, or that is silent for 20 s            │
 *   └────────────────────────────────────────────────────────────────────┘
 * ```
 */
export class BenchAgent {
  readonly #options: AgentOptions;
  readonly #results: BlobSource;
  readonly #answers: StateAnswers;
  readonly #subscriptions: readonly (() => void)[];
  readonly #overSessions = new Set<string>();
  #session: Session | null = null;
  /** Runs are prepared and ended one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    const { bus, speaker, id } = options;
    this.#options = options;
    this.#results = new BlobSource(bus, subjects.result(id), speaker);
    this.#answers = new StateAnswers(bus, speaker, this.#results);
    this.#subscriptions = [
      bus.subscribe(subjects.call, ({ data }) => {
        this.#answerCall(data);
      }),
      bus.subscribe(subjects.agent(id), ({ data, reply }) => {
        const state = this.#obey(data);
        if (state !== null) reply(this.#answers.encode(state));
      }),
    ];
  }

  /** Ends a run that is in progress, and tells the bench. */
  async stop(): Promise<void> {
    const { bus, speaker, id } = this.#options;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    if (this.#session !== null) bus.publish(subjects.left(this.#session.id), encodeMessage(speaker, { id }));
    this.#endSession(this.#session, 'over');
    await this.#work;
    this.#results.close();
  }

  /**
   * A call has the same form in all versions, so that agents of another version can be distinguished from none at all.
   */
  #answerCall(data: Uint8Array): void {
    const { bus, speaker, id, name } = this.#options;
    const asked = decodeMessage(speaker, shapes.call, data);
    if (asked === null) return;
    const isForeign = asked.type === 'foreign';
    if (isForeign) this.#options.onEvent({ type: 'refused', speaker: asked.speaker });
    const call = isForeign ? decodeMessage(asked.speaker, shapes.call, data) : asked;
    if (call?.type !== 'message') return;
    const { session } = call.value;
    const here: Here = { id, name, isFree: !isForeign && (this.#session === null || this.#session.id === session) };
    bus.publish(subjects.here(session), encodeMessage(speaker, here));
  }

  #obey(data: Uint8Array): AgentState | null {
    const { speaker, clock } = this.#options;
    const received = decodeMessage(speaker, shapes.command, data);
    if (received === null) return null;
    if (received.type === 'foreign') return { type: 'refused', reason: `it is ${speakerText(speaker)}` };
    const command = received.value;
    if (this.#session === null && !this.#overSessions.has(command.session) && command.wish.type !== 'leave') {
      this.#session = this.#newSession(command);
    }
    const session = this.#session;
    if (session?.id !== command.session) return { type: 'busy' };
    session.heardMs = clock.now();
    this.#fulfil(command.wish, session);
    return session.run?.state ?? { type: 'idle' };
  }

  #newSession({ session: id, host }: Command): Session {
    const { clock, onEvent } = this.#options;
    onEvent({ type: 'claimed', host });
    let stop: CancelTimer = () => undefined;
    const check = (): void => {
      if (clock.now() - session.heardMs > benchPatienceMs) this.#endSession(session, 'silent');
      else stop = clock.schedule(checkEveryMs, check);
    };
    const stopTimer = (): void => {
      stop();
    };
    const session: Session = { id, heardMs: clock.now(), run: null, common: new Map(), load: null, stopTimer };
    stop = clock.schedule(checkEveryMs, check);
    return session;
  }

  #fulfil(wish: Wish, session: Session): void {
    const { run } = session;
    switch (wish.type) {
      case 'stay':
        return;
      case 'prepare':
        if (run === null || run.order < wish.run) this.#prepare(wish, session);
        return;
      case 'run':
        if (run?.order === wish.run && run.state.type === 'prepared') this.#queue(() => run.start());
        return;
      case 'abort':
        if (run?.order === wish.run) run.abort();
        return;
      case 'leave':
        this.#endSession(session, 'over');
        return;
    }
  }

  #prepare(wish: Extract<Wish, { type: 'prepare' }>, session: Session): void {
    const { clock, onEvent } = this.#options;
    this.#forget(session.run);
    onEvent({ type: 'prepares', place: wish.place });
    const run: AgentRun = new AgentRun(wish.run, {
      now: () => clock.now(),
      fetchJob: () => this.#fetchJob(wish, session, () => !run.isStopped),
      loadFor: (job) => this.#loadFor(wish, job, session),
      offer: (text) => this.#results.offer(text),
      onEvent,
    });
    session.run = run;
    this.#queue(() => run.prepare());
  }

  /** What is no longer requested need not be kept. */
  #forget(run: AgentRun | null): void {
    run?.abort();
    if (run?.state.type === 'done') this.#results.forget(run.state.parts);
  }

  async #fetchJob(
    { common, own }: Extract<Wish, { type: 'prepare' }>,
    session: Session,
    isWanted: () => boolean,
  ): Promise<LoadJob> {
    const subject = subjects.load(session.id);
    const known = session.common.get(common.hash) ?? (await fetchBlob(this.#options, subject, common, isWanted));
    session.common.set(common.hash, known);
    return decodeJob({ common: known, own: await fetchBlob(this.#options, subject, own, isWanted) });
  }

  /** Threads are kept from run to run as long as the same number is needed. */
  async #loadFor(
    { workers, events }: Extract<Wish, { type: 'prepare' }>,
    { shape }: LoadJob,
    session: Session,
  ): Promise<LoadGenerator> {
    const wanted = workers ?? chooseWorkers(events, shape.type === 'open' ? shape.maxInFlight : undefined);
    if (session.load?.workers === wanted) return session.load.generator;
    await session.load?.generator.close();
    const generator = this.#options.createLoad(wanted);
    session.load = { workers: wanted, generator };
    return generator;
  }

  #endSession(session: Session | null, cause: 'over' | 'silent'): void {
    if (session === null || session !== this.#session) return;
    session.stopTimer();
    this.#forget(session.run);
    this.#overSessions.add(session.id);
    this.#session = null;
    this.#queue(async () => {
      await session.load?.generator.close();
      this.#options.onEvent({ type: 'free', cause });
    });
  }

  #queue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work);
  }
}
