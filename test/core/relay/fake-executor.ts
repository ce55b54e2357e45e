import { Emitter } from '../../../src/core/base/emitter.js';
import {
  type Capacity,
  type ExecutorStatus,
  freePlaces,
  isUsable,
  limitedTo,
} from '../../../src/core/executor/executor.js';
import { noUsage } from '../../../src/core/executor/upstream/exchange/answer-watch.js';
import type { ExchangeListener, UpstreamRequest } from '../../../src/core/executor/upstream/exchange/exchange.js';
import type { Failure, WholeAnswer } from '../../../src/core/executor/upstream/exchange/failure.js';
import type { UpstreamEvent } from '../../../src/core/executor/upstream/upstream.js';
import type { RelayExecutor } from '../../../src/core/relay/jobs/relay-executor.js';

export interface FakeRun {
  readonly request: UpstreamRequest;
  readonly listener: ExchangeListener;
  hasBegun: boolean;
}

export const wholeAnswer: WholeAnswer = { status: 200, headers: {}, body: Buffer.from('{}') };

function placesOf(runs: readonly FakeRun[]): number {
  return runs.reduce((sum, { request }) => sum + (request.places ?? 1), 0);
}

/** An upstream without a server: a test says what becomes of each request. */
export class FakeExecutor implements RelayExecutor {
  readonly url = 'http://fake';
  readonly downReason = null;
  readonly #events = new Emitter<UpstreamEvent>();
  readonly events = this.#events.subscribe;
  readonly runs: FakeRun[] = [];
  /** Places of single models, where these have fewer. */
  readonly placesByModel = new Map<string, number>();
  /** Requests that were sent although it had no place for their model. */
  unwanted = 0;
  status: ExecutorStatus = 'ready';
  arePlacesKnown = true;
  readonly #resting = new Set<string>();

  constructor(
    readonly name: string,
    public places: number,
    readonly models: readonly string[] | null,
    readonly kind = 'openai',
  ) {}

  get running(): number {
    return placesOf(this.runs);
  }

  runningOf(model: string): number {
    return placesOf(this.runs.filter(({ request }) => request.model === model));
  }

  serves(model: string): boolean {
    return this.models?.includes(model) ?? true;
  }

  get resting(): readonly string[] {
    return [...this.#resting];
  }

  forModel(model: string): Capacity {
    const { status, places, running } = this;
    const isResting = isUsable(this) && this.#resting.has(model);
    const most = this.placesByModel.get(model) ?? places;
    return limitedTo(most, this.runningOf(model), { status: isResting ? 'cooling' : status, places, running });
  }

  upstreamName(): null {
    return null;
  }

  run(request: UpstreamRequest, listener: ExchangeListener): () => void {
    if (freePlaces(this.forModel(request.model)) === 0) this.unwanted += 1;
    const run = { request, listener, hasBegun: false };
    this.runs.push(run);
    return () => {
      this.#over(run);
    };
  }

  drain(isDraining: boolean): void {
    this.become(isDraining ? 'draining' : 'ready');
  }

  become(status: ExecutorStatus): void {
    this.status = status;
    this.#events.emit({ type: 'changed' });
  }

  /** A request for a model has found it too busy, or that is over. */
  rest(model: string, isResting: boolean): void {
    if (isResting) this.#resting.add(model);
    else this.#resting.delete(model);
    this.#events.emit({ type: 'changed' });
  }

  /** @param ids of its first tokens, if another server can go on with it */
  begin(run: FakeRun, ids?: readonly number[]): void {
    run.hasBegun = true;
    run.listener.begun(ids === undefined ? null : 'answer');
    run.listener.data(Buffer.from('x'), 1, ids === undefined ? undefined : { tokens: ids, state: null });
  }

  end(run: FakeRun): void {
    this.#over(run);
    if (run.hasBegun) run.listener.ended(noUsage, null);
    else run.listener.whole(wholeAnswer, noUsage);
  }

  fail(run: FakeRun, failure: Failure): void {
    this.#over(run);
    run.listener.failed(failure);
  }

  #over(run: FakeRun): void {
    const index = this.runs.indexOf(run);
    if (index >= 0) this.runs.splice(index, 1);
  }
}
