import type { WireChange, WireRunning, WireSnapshot, WireStatus, WireWaiting } from '../api/wire.js';

/** Times are on the server's clock, in Unix milliseconds. */
interface Request {
  readonly id: string;
  readonly key: string;
  readonly trafficClass: string;
  /** Null where there is only one. */
  readonly model: string | null;
}

/** A request that has not ended. */
interface Present extends Request {
  /** How many places it takes at an upstream server; 1 elsewhere. */
  readonly places: number;
}

export interface Waiting extends Present {
  readonly state: 'waiting';
  readonly position: number;
  /** What it waits for: a slot, or that another request of its key ends. */
  readonly waitsForKey: boolean;
  readonly arrivedAtMs: number;
  /** What it has generated so far, if it is paused; null if it has not begun. */
  readonly pausedTokens: number | null;
  /** How long it ran before it was paused; null if it is not, or if this page has not seen it run. */
  readonly ranMs: number | null;
  /** When it is expected to start; null if the server cannot tell yet. */
  readonly expectedAtMs: number | null;
}

export interface Running extends Present {
  readonly state: 'running';
  /** Which of the page's places it has, from 0; it keeps it. The engine's slot may be another. */
  readonly place: number;
  readonly slot: number | null;
  /** Null where there is only one, and while it waits for another. */
  readonly executor: string | null;
  readonly promptTokens: number;
  /** How much of the prompt has been read; null if the server does not tell, and once all of it has. */
  readonly prefilledTokens: number | null;
  readonly outputTokens: number;
  readonly startedAtMs: number;
  /** Tokens of the last changes, the newest last. */
  readonly trace: readonly TracePoint[];
}

export interface TracePoint {
  readonly atMs: number;
  /** Tokens since the point before. */
  readonly tokens: number;
}

export interface Ended extends Request {
  readonly state: 'ended';
  readonly outcome: string;
  readonly outputTokens: number;
  readonly hasRun: boolean;
  /** How long it ran; null if it never did, or if this page has not seen it run. */
  readonly ranMs: number | null;
}

export interface QueueState {
  readonly atMs: number;
  readonly status: WireStatus;
  /** The first ones, in the order of their places in the line. */
  readonly waiting: readonly Waiting[];
  /** The first ones, by place. */
  readonly running: readonly Running[];
  /** The last ones, the newest first. */
  readonly ended: readonly Ended[];
  /** Output tokens of all requests at the last changes, to tell how fast they come. */
  readonly output: readonly { readonly atMs: number; readonly tokens: number }[];
}

const traceLength = 40;
const mostEnded = 40;
/** Over which time rates of tokens are taken: of all requests, and of one. */
const rateWindowMs = 5000;
const requestRateWindowMs = 2500;
/** While tokens come, the server tells of them at least once a second. After so long without, there are none. */
const longestGapMs = 1500;

/** Replaces what was known, except what has ended and how tokens came before. */
export function fromSnapshot(snapshot: WireSnapshot, before: QueueState | undefined): QueueState {
  const waiting = new Map(before?.waiting.map((entry) => [entry.id, entry]));
  const running = new Map(before?.running.map((entry) => [entry.id, entry]));
  const atMs = snapshot.at_ms;
  // Fewer tokens than before are those of another process: the server has been restarted.
  const isSameServer = before !== undefined && snapshot.status.output_tokens >= before.status.output_tokens;
  // Of a time in which this page was not told of anything, nobody knows when its tokens came.
  const isGap = before === undefined || atMs - before.atMs > longestGapMs;
  const traced = (entry: Running | undefined): Running | undefined =>
    isGap && entry !== undefined ? { ...entry, trace: [] } : entry;
  return {
    atMs,
    status: snapshot.status,
    waiting: inLine(
      snapshot.waiting.map((entry) => waitingFrom(entry, atMs, running.get(entry.id) ?? waiting.get(entry.id))),
    ),
    running: placed(snapshot.running.map((entry) => runningFrom(entry, atMs, traced(running.get(entry.id))))),
    ended: isSameServer ? before.ended : [],
    output: withOutput(isSameServer && !isGap ? before.output : [], atMs, snapshot.status.output_tokens),
  };
}

export function withChange(before: QueueState, change: WireChange): QueueState {
  const atMs = change.at_ms;
  const status = { ...before.status, ...change.status };
  const gone = new Set([...change.hidden, ...change.ended.map(({ id }) => id)]);
  const waiting = new Map(before.waiting.map((entry) => [entry.id, entry]));
  const running = new Map(before.running.map((entry) => [entry.id, entry]));
  const ended = change.ended.flatMap(({ id, outcome, output_tokens }): Ended[] => {
    const entry = running.get(id) ?? waiting.get(id);
    if (entry === undefined) return [];
    const { key, trafficClass, model } = entry;
    const hasRun = entry.state === 'running' || entry.pausedTokens !== null;
    const ranMs = ranUntil(atMs, entry);
    return [{ state: 'ended', id, key, trafficClass, model, outcome, outputTokens: output_tokens, hasRun, ranMs }];
  });
  for (const id of gone) {
    waiting.delete(id);
    running.delete(id);
  }
  const changed = new Set<string>();
  for (const entry of change.requests) {
    changed.add(entry.id);
    if (entry.state === 'waiting') {
      waiting.set(entry.id, waitingFrom(entry, atMs, running.get(entry.id) ?? waiting.get(entry.id)));
      running.delete(entry.id);
    } else {
      waiting.delete(entry.id);
      running.set(entry.id, runningFrom(entry, atMs, running.get(entry.id)));
    }
  }
  for (const entry of running.values()) {
    if (!changed.has(entry.id)) running.set(entry.id, { ...entry, trace: withPoint(entry.trace, atMs, 0) });
  }
  return {
    atMs,
    status,
    waiting: inLine([...waiting.values()]),
    running: placed([...running.values()]),
    ended: [...ended.reverse(), ...before.ended].slice(0, mostEnded),
    output: withOutput(before.output, atMs, status.output_tokens),
  };
}

/**
 * Output tokens per second of all requests; null until it is known.
 *
 * @param nowMs the time on the server's clock, in Unix milliseconds
 */
export function tokenRate({ output }: QueueState, nowMs: number): number | null {
  return rate(
    output.map(({ atMs, tokens }, index) => ({ atMs, tokens: tokens - (output[index - 1]?.tokens ?? tokens) })),
    rateWindowMs,
    nowMs,
  );
}

/**
 * Output tokens per second of one request; null until it is known.
 *
 * @param nowMs the time on the server's clock, in Unix milliseconds
 */
export function requestRate({ trace }: Running, nowMs: number): number | null {
  return rate(trace, requestRateWindowMs, nowMs);
}

/** The tokens of a point have come evenly since the point before. */
function rate(points: readonly TracePoint[], windowMs: number, nowMs: number): number | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const untilMs = nowMs - last.atMs > longestGapMs ? nowMs : last.atMs;
  const fromMs = Math.max(first.atMs, untilMs - windowMs);
  if (untilMs <= fromMs) return null;
  let tokens = 0;
  let beforeMs = first.atMs;
  for (const { atMs, tokens: came } of points) {
    const insideMs = atMs - Math.max(beforeMs, fromMs);
    if (insideMs > 0) tokens += (came * insideMs) / (atMs - beforeMs);
    beforeMs = atMs;
  }
  return (tokens * 1000) / (untilMs - fromMs);
}

/** How long a request had run by then; null if it has not, or if this page has not seen it run. */
function ranUntil(atMs: number, entry: Running | Waiting | undefined): number | null {
  return entry?.state === 'running' ? atMs - entry.startedAtMs : (entry?.ranMs ?? null);
}

function waitingFrom(entry: WireWaiting, atMs: number, before: Running | Waiting | undefined): Waiting {
  const sinceMs = atMs - entry.waited_ms;
  return {
    state: 'waiting',
    id: entry.id,
    key: entry.key,
    trafficClass: entry.class,
    model: entry.model,
    position: entry.position,
    places: entry.places,
    waitsForKey: entry.waits_for === 'key',
    pausedTokens: entry.output_tokens,
    // It has waited since the pause.
    ranMs: entry.output_tokens === null ? null : ranUntil(sinceMs, before),
    arrivedAtMs: before?.state === 'waiting' ? before.arrivedAtMs : sinceMs,
    expectedAtMs: entry.eta_ms === null ? null : atMs + entry.eta_ms,
  };
}

function runningFrom(entry: WireRunning, atMs: number, before: Running | undefined): Running {
  return {
    state: 'running',
    id: entry.id,
    key: entry.key,
    trafficClass: entry.class,
    model: entry.model,
    place: before?.place ?? -1,
    slot: entry.slot,
    executor: entry.executor,
    places: entry.places,
    promptTokens: entry.prompt_tokens,
    prefilledTokens: entry.prefilled_tokens,
    outputTokens: entry.output_tokens,
    startedAtMs: before?.startedAtMs ?? atMs - entry.running_ms,
    trace: withPoint(before?.trace ?? [], atMs, entry.output_tokens - (before?.outputTokens ?? entry.output_tokens)),
  };
}

function withPoint(trace: readonly TracePoint[], atMs: number, tokens: number): readonly TracePoint[] {
  return [...trace.slice(1 - traceLength), { atMs, tokens }];
}

function withOutput(output: QueueState['output'], atMs: number, tokens: number): QueueState['output'] {
  // The last point before the window stays: it is what the first one inside has grown from.
  const isNeeded = (_: unknown, index: number): boolean => atMs - (output[index + 1]?.atMs ?? atMs) < rateWindowMs;
  return [...output.filter(isNeeded), { atMs, tokens }];
}

function inLine(waiting: readonly Waiting[]): readonly Waiting[] {
  return waiting.toSorted((one, other) => one.position - other.position);
}

/** Gives each newcomer the first place that is free. */
function placed(running: readonly Running[]): readonly Running[] {
  const taken = new Set(running.map(({ place }) => place));
  let next = 0;
  return running
    .map((entry) => {
      if (entry.place >= 0) return entry;
      while (taken.has(next)) next += 1;
      taken.add(next);
      return { ...entry, place: next };
    })
    .toSorted((one, other) => one.place - other.place);
}
