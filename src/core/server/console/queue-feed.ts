import type { CancelTimer, Clock } from '../../base/clock.js';
import type { RequestLine } from '../../inference/queue/request-line.js';
import { countedOutcome, type Totals } from '../../telemetry/totals.js';
import { sseEvent } from '../protocol/answer-encoder.js';
import type { EndedRequest } from '../schemas/state/queue-events.js';
import type { EventStream } from '../streaming/event-stream.js';
import { QueueChanges } from './queue-changes.js';
import { type QueueView, type QueueViewer, readQueueView, shownId } from './queue-view.js';

/** Five checks a second, because people cannot follow more. */
const intervalMs = 200;

/**
 * Watchers who see only the requests of a key get them less often: each such key is looked at apart, and a look passes all
 * that wait.
 */
const ownIntervalMs = 1000;

/** A comment is sent after this long without a change, because proxies cut silent connections. */
const quietMs = 15_000;

/** How long it is between two checks of who may stay. */
const checkEveryMs = 15_000;

/** Ended requests in one event, besides those that watchers know as running or waiting. */
const mostEnded = 500;

/** The stream of a watcher. */
export type FeedStream = Pick<EventStream, 'isCongested' | 'write' | 'comment' | 'end' | 'abandoned'>;

/** A client that watches the queues. */
export interface Watcher {
  /** @param takeHeld returns what was held back while the stream was congested */
  readonly open: (takeHeld: () => string) => FeedStream;
  /** Whether it may continue watching: its key may be gone, or have another role. Called from time to time. */
  readonly mayStay: () => boolean;
}

const seesAll: QueueViewer = { payer: null, models: null, mayTurn: true, hasKeys: false };

interface OpenWatcher {
  readonly stream: FeedStream;
  readonly mayStay: () => boolean;
  /** It has missed a change, because it reads too slowly. */
  isBehind: boolean;
}

interface Look {
  readonly changes: QueueChanges;
  view: QueueView;
  /** The event for watchers who know nothing yet; created when the first of them arrives. */
  snapshot: string | null;
  /** Requests that have ended since the last check. */
  ended: EndedRequest[];
  /** How often it was looked. */
  looks: number;
  readonly stop: () => void;
}

/**
 * Shows the queues as they change to all who look. Looking means reading the first requests of both queues at intervals
 * and comparing them with what was told before: however many tokens and requests there are, the cost is bounded, and so
 * nothing has to be noted down while tokens are generated. It is done once for all watchers, and not at all while there are
 * none.
 */
export class QueueFeed {
  readonly #line: RequestLine;
  readonly #totals: Totals;
  readonly #clock: Clock;
  readonly #viewer: QueueViewer;
  readonly #intervalMs: number;
  readonly #watchers = new Set<OpenWatcher>();
  #look: Look | null = null;
  #cancelTimer: CancelTimer = () => undefined;
  #quiet = 0;

  constructor(line: RequestLine, totals: Totals, clock: Clock, viewer: QueueViewer = seesAll) {
    this.#line = line;
    this.#totals = totals;
    this.#clock = clock;
    this.#viewer = viewer;
    this.#intervalMs = viewer.payer === null ? intervalMs : ownIntervalMs;
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /**
   * Shows both queues to a watcher, and from then on the changes. @returns a function that ends it when the watcher has
   * left
   */
  add({ open, mayStay }: Watcher): () => void {
    const look = (this.#look ??= this.#begin());
    const stream = open(() => {
      if (!watcher.isBehind) return '';
      watcher.isBehind = false;
      return this.#look === null ? '' : snapshotOf(this.#look);
    });
    const watcher: OpenWatcher = { stream, mayStay, isBehind: false };
    this.#watchers.add(watcher);
    stream.write(snapshotOf(look));
    return () => {
      this.#remove(watcher);
      stream.abandoned();
    };
  }

  /** The server closes: watchers are told what has changed since they were last told, and all streams end. */
  end(): void {
    const look = this.#look;
    if (look === null) return;
    const change = this.#nextChange(look) ?? '';
    for (const watcher of [...this.#watchers]) this.#dismiss(watcher, watcher.isBehind ? snapshotOf(look) : change);
  }

  #begin(): Look {
    const view = readQueueView(this.#line, this.#totals, this.#viewer);
    const changes = new QueueChanges(view);
    const { payer } = this.#viewer;
    const stop = this.#line.events((event) => {
      if (event.type !== 'settled' || this.#look === null) return;
      if (payer !== null && (event.payer ?? event.key) !== payer) return;
      const { outcome, timings } = event;
      const id = shownId(event.id, this.#viewer);
      if (this.#look.ended.length >= mostEnded && !changes.knows(id)) return;
      this.#look.ended.push({ id, outcome: countedOutcome(outcome), output_tokens: timings.outputTokens });
    });
    this.#quiet = 0;
    this.#scheduleLook();
    return { changes, view, snapshot: null, ended: [], looks: 0, stop };
  }

  #scheduleLook(): void {
    this.#cancelTimer = this.#clock.schedule(this.#intervalMs, () => {
      this.#scheduleLook();
      this.#lookAgain();
    });
  }

  #lookAgain(): void {
    const look = this.#look;
    if (look === null) return;
    const change = this.#nextChange(look);
    if (change === null) this.#stayQuiet();
    else this.#send(change);
    look.looks += 1;
    if ((look.looks * this.#intervalMs) % checkEveryMs !== 0) return;
    for (const watcher of [...this.#watchers]) if (!watcher.mayStay()) this.#dismiss(watcher);
  }

  /** Reads the queues. @returns the event that tells what has changed; null if nothing has */
  #nextChange(look: Look): string | null {
    look.view = readQueueView(this.#line, this.#totals, this.#viewer);
    look.snapshot = null;
    const change = look.changes.next(look.view, look.ended);
    look.ended = [];
    return change === null ? null : sseEvent('change', change);
  }

  #send(event: string): void {
    this.#quiet = 0;
    for (const watcher of this.#watchers) {
      if (watcher.stream.isCongested) watcher.isBehind = true;
      else watcher.stream.write(event);
    }
  }

  #stayQuiet(): void {
    this.#quiet += this.#intervalMs;
    if (this.#quiet < quietMs) return;
    this.#quiet = 0;
    for (const { stream } of this.#watchers) stream.comment('watching');
  }

  /** @param last the last events of its stream; possibly empty */
  #dismiss(watcher: OpenWatcher, last = ''): void {
    this.#remove(watcher);
    watcher.stream.end(last);
  }

  #remove(watcher: OpenWatcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#cancelTimer();
    this.#look?.stop();
    this.#look = null;
  }
}

function snapshotOf(look: Look): string {
  const { atMs, running, waiting, status } = look.view;
  look.snapshot ??= sseEvent('snapshot', { at_ms: atMs, ...status, running, waiting });
  return look.snapshot;
}
