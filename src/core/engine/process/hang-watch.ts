import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Round } from '../engine.js';
import { type EngineOptions, type LlamaEngineOptions, prefillChunkOf } from '../options.js';
import { processNames } from '../process-role.js';
import type { EngineChild } from './engine-child.js';

/** When an engine process that is still alive counts as hung. */
export interface HangLimits {
  /** Longest time without any message, in milliseconds; a healthy process sends a message every second. */
  readonly silenceMs: number;
  /**
   * Longest time that running generations may go without a round, in milliseconds.
   *
   * @param slowestRoundMs of all rounds so far; null before the first
   */
  roundMs(slowestRoundMs: number | null): number;
}

/** Nothing that blocks its event loop takes longer than a fraction of a second. */
const silenceMs = 60_000;

/**
 * The limit for a single step of preparing a prompt, such as rendering a template, which nothing can interrupt. Long work
 * is done in pieces that let messages out, so only a request that is made to block reaches it; it should be stopped before
 * the clients of the others give up.
 */
export const promptHangLimits: HangLimits = { silenceMs: 15_000, roundMs: () => Infinity };

/**
 * Even rounds that are usually quick can take minutes: weights that the system has dropped from memory are read from
 * the disk again during a round, and may be 40 GB.
 */
const shortestRoundLimitMs = 300_000;

/** For the first round, when nothing has been measured yet: a model that needs longer per token is useless. */
const slowestTokenMs = 5000;

/**
 * Limits that no healthy engine reaches, however slow its machine. A fixed limit would not fit all machines: with a large
 * model on a CPU, one prefill chunk takes minutes.
 */
export function hangLimitsOf(options: EngineOptions): HangLimits {
  switch (options.engine) {
    case 'llama':
      return {
        silenceMs,
        roundMs: (slowestRoundMs) => Math.max(shortestRoundLimitMs, longestRoundMs(options, slowestRoundMs)),
      };
    case 'mock':
      // Its rounds are timers of the event loop and take as long as the options say; silence is noticed anyway.
      return { silenceMs, roundMs: () => Infinity };
  }
}

/** Assumes that each token takes as long as a whole round. The first round has only prompts, nothing to decode. */
function longestRoundMs(options: LlamaEngineOptions, slowestRoundMs: number | null): number {
  // Where the model is on a GPU, the larger chunk takes no longer.
  const chunk = prefillChunkOf(options, false);
  return slowestRoundMs === null ? chunk * slowestTokenMs : (chunk + options.slots) * slowestRoundMs;
}

const tickMs = 1000;

/** What a {@link HangWatch} needs to know, and where it reports. */
export interface HangWatcher {
  /** Whether there are generations that should be advancing. */
  readonly isBusy: () => boolean;
  /** Called at most once per process. `reason` is what was observed, as a sentence. */
  readonly onHang: (child: EngineChild, reason: string) => void;
}

/**
 * Notices an engine process that is alive but has stopped working. If no message arrives at all, its event loop has
 * stopped; if generations run but no round arrives, a decode in a native thread does not return (a device that hangs, a
 * deadlock).
 *
 * Time is counted in ticks of this process, and each tick counts for at most its own length. While the machine sleeps or
 * this process is stopped, there are no ticks, and messages that the engine sent meanwhile are read before the next
 * ones. So the engine is not blamed for that time.
 */
export class HangWatch {
  readonly #limits: HangLimits;
  readonly #clock: Clock;
  readonly #watcher: HangWatcher;
  #child: EngineChild | null = null;
  #cancelTimer: CancelTimer | null = null;
  #lastTickMs = 0;
  #messages = 0;
  #silentMs = 0;
  #stalledMs = 0;
  /** Taken over all processes, because they run the same model on the same machine. */
  #slowestRoundMs: number | null = null;
  #verdict: string | null = null;

  constructor(limits: HangLimits, clock: Clock, watcher: HangWatcher) {
    this.#limits = limits;
    this.#clock = clock;
    this.#watcher = watcher;
  }

  /** Why the process that was watched last counts as hung; null if it does not. */
  get verdict(): string | null {
    return this.#verdict;
  }

  /** How long that process had been hanging when it was noticed, in milliseconds; 0 if it was not hung. */
  get hungMs(): number {
    return this.#verdict === null ? 0 : Math.max(this.#silentMs, this.#stalledMs);
  }

  /** @param child a process that has loaded its model: how long loading may take is unknown */
  begin(child: EngineChild): void {
    this.end();
    this.#child = child;
    this.#messages = child.messages;
    this.#silentMs = 0;
    this.#stalledMs = 0;
    this.#verdict = null;
    this.#scheduleTick();
  }

  progressed({ durationMs }: Round): void {
    // The reported duration includes time for which the machine slept; the ticks do not.
    const roundMs = Math.min(durationMs, this.#stalledMs + tickMs);
    this.#slowestRoundMs = Math.max(roundMs, this.#slowestRoundMs ?? 0);
    this.#stalledMs = 0;
  }

  end(): void {
    this.#child = null;
    this.#cancelTimer?.();
  }

  #scheduleTick(): void {
    this.#lastTickMs = this.#clock.now();
    this.#cancelTimer = this.#clock.schedule(tickMs, () => {
      this.#tick();
    });
  }

  #tick(): void {
    if (this.#child === null) return;
    const elapsedMs = Math.min(this.#clock.now() - this.#lastTickMs, tickMs);
    this.#silentMs = this.#child.messages === this.#messages ? this.#silentMs + elapsedMs : 0;
    this.#messages = this.#child.messages;
    // Kept when nothing runs for a moment: clients that give up and try again do not make an engine healthy.
    if (this.#watcher.isBusy()) this.#stalledMs += elapsedMs;
    this.#verdict = this.#judge(processNames[this.#child.role]);
    if (this.#verdict === null) this.#scheduleTick();
    else this.#watcher.onHang(this.#child, this.#verdict);
  }

  #judge(name: string): string | null {
    if (this.#silentMs >= this.#limits.silenceMs) {
      return `The ${name} hung: it has not answered for ${seconds(this.#silentMs)}.`;
    }
    if (this.#stalledMs >= this.#limits.roundMs(this.#slowestRoundMs)) {
      return `The ${name} hung: its generations have not advanced for ${seconds(this.#stalledMs)}.`;
    }
    return null;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
