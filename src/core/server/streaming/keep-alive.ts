import type { CancelTimer, Clock } from '../../base/clock.js';

/** The longest time in milliseconds for which a waiting client is sent nothing. Proxies cut silent connections. */
export const heartbeatMs = 10_000;

/**
 * Comments in a stream whose generation sends no text, while its prompt is read or while the engine restarts.
 *
 * Text only leaves a mark here, because it comes per token: silence is noticed at the next beat, so that it lasts ten
 * seconds before the first text and less than twice that afterwards.
 */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #send: (comment: string) => void;
  #cancelTimer: CancelTimer = () => undefined;
  #hasStarted = false;
  #startedMs = 0;
  #hasText = false;
  #isPaused = false;
  #wasSilent = true;

  constructor(clock: Clock, send: (comment: string) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** A generation begins; the first of several counts. */
  start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#startedMs = this.#clock.now();
    this.#scheduleBeat();
  }

  /** The generation has no slot until something is sent again. */
  paused(): void {
    this.#isPaused = true;
  }

  /** Something was sent. */
  sent(): void {
    this.#hasText = true;
    this.#isPaused = false;
    this.#wasSilent = false;
  }

  /** Nothing more is sent, also if another generation begins. */
  end(): void {
    this.#hasStarted = true;
    this.#cancelTimer();
  }

  #scheduleBeat(): void {
    this.#cancelTimer = this.#clock.schedule(heartbeatMs, () => {
      this.#scheduleBeat();
      if (this.#wasSilent) this.#send(this.#comment());
      this.#wasSilent = true;
    });
  }

  #comment(): string {
    if (this.#isPaused) return 'paused';
    if (this.#hasText) return 'generating';
    return `prefill elapsed_ms=${Math.round(this.#clock.now() - this.#startedMs)}`;
  }
}
