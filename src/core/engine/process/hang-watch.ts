import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Round } from '../engine.js';
import type { EngineChild } from './engine-child.js';
import type { HangLimits } from './hang-limits.js';

const tickMs = 1000;

/** Who is asked, and told, by a {@link HangWatch}. */
export interface HangWatcher {
  /** Whether any generation should be advancing. */
  readonly isBusy: () => boolean;
  /** Called once per process. @param reason what was seen, as a sentence */
  readonly onHang: (child: EngineChild, reason: string) => void;
}

/**
 * Notices an engine process that lives but does nothing more. Its event loop has stopped if no message comes at all; if
 * generations run and no round comes, a decode in a native thread never returns (a device that hangs, a deadlock).
 *
 * Time is counted in this process's own ticks, each for its length at the most. While the machine sleeps, or this process
 * is stopped, there are none, and what the engine said meanwhile can be read before the next ones: it is not blamed.
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
  /** Of all processes: they run the same model on the same machine. */
  #slowestRoundMs: number | null = null;
  #verdict: string | null = null;

  constructor(limits: HangLimits, clock: Clock, watcher: HangWatcher) {
    this.#limits = limits;
    this.#clock = clock;
    this.#watcher = watcher;
  }

  /** Why the last process that was watched was found to hang; null if it was not. */
  get verdict(): string | null {
    return this.#verdict;
  }

  /** For how long it had been hanging when it was found out, in milliseconds; 0 if it was not. */
  get hungMs(): number {
    return this.#verdict === null ? 0 : Math.max(this.#silentMs, this.#stalledMs);
  }

  /** @param child one that has loaded: before that, nobody knows how long anything may take */
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
    // Its own figure holds what it slept through as well.
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
    // Not forgotten when nothing runs for a moment: clients that give up and come again do not make an engine healthy.
    if (this.#watcher.isBusy()) this.#stalledMs += elapsedMs;
    this.#verdict = this.#judge();
    if (this.#verdict === null) this.#scheduleTick();
    else this.#watcher.onHang(this.#child, this.#verdict);
  }

  #judge(): string | null {
    if (this.#silentMs >= this.#limits.silenceMs) {
      return `The engine process hung: it has not answered for ${seconds(this.#silentMs)}.`;
    }
    if (this.#stalledMs >= this.#limits.roundMs(this.#slowestRoundMs)) {
      return `The engine process hung: its generations have not advanced for ${seconds(this.#stalledMs)}.`;
    }
    return null;
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
