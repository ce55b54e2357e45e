import {
  array,
  boolean,
  type Decoded,
  type Decoder,
  nullable,
  number,
  object,
  optional,
  partial,
  string,
} from './decode.js';

/** A field that only some servers send. */
const maybe = <Value>(inner: Decoder<Value>): Decoder<Value | null> => optional(nullable(inner), null);

const running = {
  id: string,
  key: string,
  class: string,
  model: maybe(string),
  executor: maybe(string),
  places: optional(number, 1),
  slot: nullable(number),
  prompt_tokens: number,
  prefilled_tokens: maybe(number),
  output_tokens: number,
  running_ms: number,
};

const waiting = {
  id: string,
  key: string,
  class: string,
  model: maybe(string),
  waits_for: string,
  position: number,
  places: optional(number, 1),
  output_tokens: maybe(number),
  waited_ms: number,
  eta_ms: nullable(number),
};

const runningEntry = object(running);
const waitingEntry = object(waiting);

const modelQueue = object({
  name: string,
  state: string,
  eta_ms: nullable(number),
  max_concurrency: number,
  max_queue: number,
  slots: number,
  running: number,
  waiting: number,
  preparing: number,
});

const statusFields = {
  max_concurrency: number,
  max_queue: number,
  lines: optional(number, 1),
  slots: number,
  slots_at: optional(string, 'server'),
  draining: boolean,
  may_turn: optional(boolean, true),
  preparing: number,
  totals: object({ completed: number, cancelled: number, refused: number, timed_out: number, failed: number }),
  executors: optional(
    array(object({ name: string, kind: string, status: string, places: number, running: number })),
    [],
  ),
  models: optional(array(modelQueue), []),
  lists: optional(string, 'all'),
  has_keys: optional(boolean, false),
  running_count: number,
  waiting_count: number,
  output_tokens: number,
};

const status = object(statusFields);
const lists = object({ at_ms: number, running: array(runningEntry), waiting: array(waitingEntry) });

export const queueSnapshot = (value: unknown): { readonly status: WireStatus } & Decoded<typeof lists> => ({
  ...lists(value),
  status: status(value),
});

const state = object({ state: string });

/** An entry says by its `state` which of the queues it is in. */
function changedEntry(value: unknown): ({ state: 'running' } & WireRunning) | ({ state: 'waiting' } & WireWaiting) {
  return state(value).state === 'running'
    ? { state: 'running', ...runningEntry(value) }
    : { state: 'waiting', ...waitingEntry(value) };
}

export const queueChange = object({
  at_ms: number,
  requests: array(changedEntry),
  ended: array(object({ id: string, outcome: string, output_tokens: number })),
  hidden: optional(array(string), []),
  status: partial(statusFields),
});

/** What `PATCH /v1/queue` answers with, as far as it is of interest. */
export const queueLimits = object({
  max_concurrency: number,
  max_queue: number,
  models: optional(array(modelQueue), []),
});

const percentiles = nullable(object({ p50: number, p95: number }));

export const history = object({
  interval_s: number,
  samples: array(
    object({
      at_ms: number,
      running: number,
      waiting: number,
      completed: number,
      failed: number,
      cancelled: number,
      refused: number,
      timed_out: number,
      prompt_tokens: number,
      cached_tokens: number,
      output_tokens: number,
      ttft_ms: percentiles,
      queue_wait_ms: percentiles,
      inter_token_ms: percentiles,
      engine_restarts: number,
      cpu: number,
      memory_bytes: number,
      gpu: nullable(object({ used: nullable(number), memory_used_bytes: number })),
    }),
  ),
});

export const resources = object({
  cpu: object({ cores: number, used: number, process: number }),
  memory: object({ total_bytes: number, used_bytes: number, process_bytes: number }),
  gpus: array(
    object({
      name: string,
      used: nullable(number),
      memory_used_bytes: number,
      memory_total_bytes: number,
    }),
  ),
});

export type WireStatus = Decoded<typeof status>;
export type WireModel = Decoded<typeof modelQueue>;
export type WireRunning = Decoded<typeof runningEntry>;
export type WireWaiting = Decoded<typeof waitingEntry>;
export type WireSnapshot = Decoded<typeof queueSnapshot>;
export type WireChange = Decoded<typeof queueChange>;
export type HistorySample = Decoded<typeof history>['samples'][number];
export type Resources = Decoded<typeof resources>;
