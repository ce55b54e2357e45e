import type { ChangedRequest, EndedRequest, QueueChange, QueueStatus } from '../schemas/state/queue-events.js';
import type { QueueView } from './queue-view.js';

/**
 * Watchers count estimates down by themselves. Only an estimate that differs from their countdown is sent: by a second, and
 * by a tenth.
 */
const leastEtaChangeMs = 1000;
const leastEtaChange = 0.1;

interface Told {
  readonly atMs: number;
  readonly request: ChangedRequest;
}

/** Finds out what watchers have not been told yet. */
export class QueueChanges {
  /** As they were last told. */
  #told = new Map<string, Told>();
  #status: QueueStatus;

  /** @param view what watchers know at the beginning */
  constructor(view: QueueView) {
    this.#status = view.status;
    for (const request of requestsOf(view)) this.#told.set(request.id, { atMs: view.atMs, request });
  }

  /** Whether watchers have been told about a request. */
  knows(id: string): boolean {
    return this.#told.has(id);
  }

  /**
   * The changes in a view, which count as told from then on.
   *
   * @param ended the requests that have ended since the last call
   * @returns null if nothing is
   */
  next(view: QueueView, ended: readonly EndedRequest[]): QueueChange | null {
    const { atMs } = view;
    const told = new Map<string, Told>();
    const requests: ChangedRequest[] = [];
    for (const request of requestsOf(view)) {
      const before = this.#told.get(request.id);
      this.#told.delete(request.id);
      if (before !== undefined && isSame(before.request, request, atMs - before.atMs)) {
        told.set(request.id, before);
        continue;
      }
      told.set(request.id, { atMs, request });
      requests.push(request);
    }
    for (const { id } of ended) this.#told.delete(id);
    const hidden = [...this.#told.keys()];
    this.#told = told;
    const status = changedFields(this.#status, view.status);
    this.#status = view.status;
    if (requests.length + ended.length + hidden.length + Object.keys(status).length === 0) return null;
    return { at_ms: atMs, requests, ended: [...ended], hidden, status };
  }
}

function* requestsOf({ running, waiting }: QueueView): Generator<ChangedRequest> {
  for (const request of running) yield { state: 'running', ...request };
  for (const request of waiting) yield { state: 'waiting', ...request };
}

/** The passing of time alone is not a change, because watchers have their own clocks. */
function isSame(before: ChangedRequest, now: ChangedRequest, passedMs: number): boolean {
  if (before.state === 'running') {
    return (
      now.state === 'running' &&
      before.output_tokens === now.output_tokens &&
      before.cached_tokens === now.cached_tokens &&
      before.prefilled_tokens === now.prefilled_tokens &&
      before.slot === now.slot &&
      before.executor === now.executor
    );
  }
  return (
    now.state === 'waiting' &&
    before.position === now.position &&
    before.waits_for === now.waits_for &&
    isSameEta(before.eta_ms, now.eta_ms, passedMs)
  );
}

function isSameEta(before: number | null, now: number | null, passedMs: number): boolean {
  if (before === null || now === null) return before === now;
  const countedDown = Math.max(0, before - passedMs);
  return Math.abs(now - countedDown) < Math.max(leastEtaChangeMs, countedDown * leastEtaChange);
}

function changedFields(before: QueueStatus, now: QueueStatus): Partial<QueueStatus> {
  const values = new Map<string, unknown>(Object.entries(before));
  const isChanged = ([name, value]: [string, unknown]): boolean =>
    JSON.stringify(value) !== JSON.stringify(values.get(name));
  return Object.fromEntries(Object.entries(now).filter(isChanged));
}
