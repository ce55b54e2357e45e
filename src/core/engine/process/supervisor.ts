import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Subscribable } from '../../base/emitter.js';
import { messageOf } from '../../base/errors.js';
import { engineDownError, engineStoppedError } from '../../base/refusals/refusals.js';
import type {
  Demands,
  EngineInfo,
  EngineState,
  GenerationEvent,
  GenerationSpec,
  Prepared,
  PromptSource,
  Round,
  Token,
} from '../engine.js';
import type { ProcessRole } from '../process-role.js';
import type { TokenSpelling } from '../token-spelling.js';
import type { TokenizeOptions } from '../tokenize-options.js';
import type { StartFallback } from './device-fallback.js';
import { type EngineChild, exitError } from './engine-child.js';
import { EngineReports } from './engine-reports.js';
import { goneError } from './gone-error.js';
import { type HangLimits, HangWatch } from './hang-watch.js';
import { RestartPolicy, type Tenacity } from './restart-policy.js';
import type { EngineHang, SupervisedEngine } from './supervised-engine.js';
import { diedTwiceError, LastingCalls, ResumableGenerations } from './unfinished-work.js';

/** A killed process ends at once, unless the kernel itself waits for a device that does not answer. */
const goneDeadlineMs = 5000;

export interface SupervisorOptions {
  readonly role: ProcessRole;
  /** The name of its engine, where several serve one line. */
  readonly executor?: string | undefined;
  /** Creates a process. */
  readonly launch: () => EngineChild;
  readonly hangLimits: HangLimits;
  readonly tenacity: Tenacity;
  /** Decides what is launched if a first start fails; by default nothing. */
  readonly fallback?: StartFallback;
}

/**
 * Runs an engine in a separate process and restarts it when it dies or hangs. Generations continue where they stopped:
 * the new process gets prompt and output so far, and every text continues exactly. A generation that continues reports
 * `started` again, with its new slot. Work that was in progress at two deaths fails with `engine_failed`.
 *
 *     status       what happens                                    next status
 *     starting     the model is loaded                             ready
 *                  the first start fails                           failed, for good
 *     ready        the process dies, or hangs and is killed        restarting, or failed if the policy gives up
 *     restarting   the model is loaded                             ready
 *                  the new process dies                            restarting, or failed if the policy gives up
 *     failed       a start, tried every 60 s, succeeds             ready
 *     any          stop()                                          stopped
 *
 * A first start that fails needs the operator (a wrong path, too little memory): `start` rejects with the engine's own
 * error, and nothing is retried, unless there is another way to start it, such as another device.
 */
export class Supervisor implements SupervisedEngine {
  readonly role: ProcessRole;
  readonly executor?: string;
  readonly processes = [this] as const;
  readonly #launch: () => EngineChild;
  readonly #clock: Clock;
  readonly #policy: RestartPolicy;
  readonly #fallback: StartFallback | null;
  readonly #reports = new EngineReports();
  readonly #generations = new ResumableGenerations();
  readonly #calls = new LastingCalls();
  readonly rounds: Subscribable<Round> = this.#reports.rounds;
  readonly states: Subscribable<EngineState> = this.#reports.states;
  readonly hangs: Subscribable<EngineHang> = this.#reports.hangs;
  readonly #watch: HangWatch;
  #child: EngineChild | null = null;
  /** The child once it has loaded its model, so that it can be given work. */
  #serving: EngineChild | null = null;
  #readySinceMs = 0;
  /** Total time for which there has been a working engine, without outages, loading and hanging. */
  #servedMs = 0;
  #cancelTimer: CancelTimer | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: SupervisorOptions, clock: Clock) {
    const { role, executor, launch, fallback = null, hangLimits, tenacity } = options;
    this.role = role;
    if (executor !== undefined) this.executor = executor;
    this.#launch = launch;
    this.#clock = clock;
    this.#policy = new RestartPolicy(tenacity);
    this.#fallback = fallback;
    this.#watch = new HangWatch(hangLimits, clock, {
      isBusy: () => !this.#generations.isEmpty,
      onHang: (child, reason) => {
        this.#onHang(child, reason);
      },
    });
  }

  get state(): EngineState {
    return this.#reports.state;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  async start(): Promise<EngineInfo> {
    const child = this.#adopt();
    try {
      const info = await child.start();
      // Loading cannot be interrupted: an engine that was stopped meanwhile may still report that it has started.
      if (this.#child !== child) throw engineStoppedError();
      return this.#serve(child, info);
    } catch (error) {
      if (this.#child !== child) throw engineStoppedError();
      child.kill();
      const exit = await child.exited;
      if (this.#child !== child) throw engineStoppedError();
      if (this.#fallback?.goOn(error, exit) === true) return await this.start();
      this.#child = null;
      this.#abandonAll(messageOf(error));
      throw error;
    }
  }

  prepare(source: PromptSource, demands?: Demands, signal?: AbortSignal): Promise<Prepared> {
    return this.#ask((child) => child.prepare(source, demands, signal), signal);
  }

  tokenize(text: string, options?: TokenizeOptions, signal?: AbortSignal): Promise<readonly Token[]> {
    return this.#ask((child) => child.tokenize(text, options, signal), signal);
  }

  detokenize(tokens: readonly Token[], signal?: AbortSignal): Promise<string> {
    return this.#ask((child) => child.detokenize(tokens, signal), signal);
  }

  spell(tokens: readonly Token[], signal?: AbortSignal): Promise<readonly TokenSpelling[]> {
    return this.#ask((child) => child.spell(tokens, signal), signal);
  }

  generate(spec: GenerationSpec): void {
    const gone = goneError(this.state);
    if (gone !== null) {
      this.#reports.refusal(spec.id, gone);
      return;
    }
    this.#generations.add(spec);
    this.#serving?.generate(spec);
  }

  cancel(id: string): void {
    this.#reports.withdraw(id);
    this.#generations.remove(id);
    this.#serving?.cancel(id);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    this.#serving = null;
    this.#cancelTimer?.();
    this.#watch.end();
    this.#generations.clear();
    this.#reports.withdrawAll();
    this.#calls.rejectAll(engineStoppedError());
    this.#reports.changeTo({ status: 'stopped' });
    await child?.stop();
  }

  /** Launches a new child. Its rounds count only as long as it is the current one. */
  #adopt(): EngineChild {
    const child = this.#launch();
    this.#child = child;
    child.rounds((round) => {
      if (this.#serving !== child) return;
      this.#watch.progressed(round);
      this.#generations.follow(round);
      this.#reports.round(round);
    });
    return child;
  }

  /** The child has loaded its model: it gets everything that waits for an engine, and the state becomes `ready`. */
  #serve(child: EngineChild, loaded: EngineInfo): EngineInfo {
    const info = { ...loaded, warnings: [...loaded.warnings, ...(this.#fallback?.warnings ?? [])] };
    this.#policy.recovered();
    this.#serving = child;
    this.#readySinceMs = this.#clock.now();
    this.#watch.begin(child);
    void child.exited.then((exit) => {
      this.#onDeath(child, this.#watch.verdict ?? exitError(exit, this.role).message);
    });
    this.#calls.serve(child);
    for (const spec of this.#generations.resumable()) child.generate(spec);
    this.#reports.changeTo({ status: 'ready', info });
    return info;
  }

  /** A hung process only ends if it is killed. The rest is the same as after any other death. */
  #onHang(child: EngineChild, reason: string): void {
    this.#reports.hang({ pid: child.pid, reason });
    child.kill();
    this.#clock.schedule(goneDeadlineMs, () => {
      this.#onDeath(child, reason);
    });
  }

  /** @param child null if no process could be created */
  #onDeath(child: EngineChild | null, reason: string): void {
    if (this.#child !== child) return;
    const wasReady = child !== null && this.#serving === child;
    if (wasReady) this.#servedMs += this.#clock.now() - this.#readySinceMs - this.#watch.hungMs;
    const decision = this.#policy.died(this.#servedMs, wasReady);
    this.#watch.end();
    this.#child = null;
    this.#serving = null;
    const lost = wasReady ? this.#loseWork() : [];
    if (decision.type === 'give_up') {
      this.#abandonAll(reason);
      this.#restartIn(decision.retryMs);
    } else {
      this.#restartIn(decision.delayMs);
      this.#reports.changeTo({ status: 'restarting', attempt: decision.attempt, reason });
    }
    this.#reports.events(lost);
  }

  /** Calls and generations that may be the cause of deaths get no other process. @returns events of the generations */
  #loseWork(): GenerationEvent[] {
    const error = diedTwiceError(this.role);
    this.#calls.lose(error);
    return this.#generations.lose(error);
  }

  #restartIn(delayMs: number): void {
    this.#cancelTimer = this.#clock.schedule(delayMs, () => {
      void this.#restart();
    });
  }

  async #restart(): Promise<void> {
    let child: EngineChild | null = null;
    try {
      child = this.#adopt();
      const info = await child.start();
      if (this.#child === child) this.#serve(child, info);
    } catch (error) {
      child?.kill();
      await child?.exited;
      this.#onDeath(child, messageOf(error));
    }
  }

  /** The state changes first, so that a caller that sees a failed generation does not send the next one here. */
  #abandonAll(reason: string): void {
    if (this.state.status !== 'failed') this.#reports.changeTo({ status: 'failed', reason });
    const error = engineDownError({ reason });
    this.#calls.rejectAll(error);
    this.#reports.events(this.#generations.failAll(error));
  }

  #ask<T>(question: (child: EngineChild) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const gone = goneError(this.state);
    return gone === null ? this.#calls.ask(question, signal) : Promise.reject(gone);
  }
}
