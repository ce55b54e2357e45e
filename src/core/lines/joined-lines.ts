import { Emitter, type Subscribable } from '../base/emitter.js';
import type { RequestLine } from '../inference/queue/request-line.js';
import type { InferenceEvent } from '../inference/request.js';

/** What one line and several have in common. */
type Joined = Pick<
  RequestLine,
  'events' | 'moves' | 'running' | 'waiting' | 'queuedTokens' | 'preparing' | 'abandonRunning'
>;

/** The line of one of several models. */
interface NamedLine {
  readonly name: string;
  readonly inference: Joined;
}

/** The lines of several models as one: what happens in them, and how much waits and runs in all of them. */
export abstract class JoinedLines<L extends NamedLine> implements Joined {
  readonly #events = new Emitter<InferenceEvent>();
  readonly #moves = new Emitter<undefined>();

  abstract get readiness(): string;

  /** The first one is the default. */
  protected abstract get all(): readonly L[];

  get events(): Subscribable<InferenceEvent> {
    return this.#events.subscribe;
  }

  get moves(): Subscribable<undefined> {
    return this.#moves.subscribe;
  }

  get ready(): boolean {
    return this.readiness === 'ready';
  }

  get running(): number {
    return this.#sum(({ inference }) => inference.running);
  }

  get waiting(): number {
    return this.#sum(({ inference }) => inference.waiting);
  }

  get queuedTokens(): number {
    return this.#sum(({ inference }) => inference.queuedTokens);
  }

  get preparing(): number {
    return this.#sum(({ inference }) => inference.preparing);
  }

  abandonRunning(): number {
    return this.#sum(({ inference }) => inference.abandonRunning());
  }

  /** Passes on what happens in a line, from now on. */
  protected join({ name, inference }: L): void {
    inference.events((event) => {
      this.passOn(event.type === 'settled' ? { model: name, ...event } : event);
    });
    inference.moves(() => {
      this.#moves.emit(undefined);
    });
  }

  protected passOn(event: InferenceEvent): void {
    this.#events.emit(event);
  }

  #sum(count: (line: L) => number): number {
    return this.all.reduce((sum, line) => sum + count(line), 0);
  }
}
