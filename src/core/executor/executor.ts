import type { Subscribable } from '../base/emitter.js';

/**
 * What an executor can do now.
 *
 * - `ready`: it takes as many generations as it has places
 * - `trying`: it was down and answers again; it takes one generation, which has to begin before it gets more
 * - `cooling`: it reported that it is busy, for this model or for each of its models, and gets nothing until the time
 * that it named
 * - `draining`: an operator drains it; running generations end, and nothing new begins
 * - `down`: it does not answer
 */
export type ExecutorStatus = 'ready' | 'trying' | 'cooling' | 'draining' | 'down';

/** Something that offers places for generations, as `/v1/queue` and `/metrics` show it. */
export interface Executor {
  /** Unique among all executors of a server. */
  readonly name: string;
  readonly status: ExecutorStatus;
  /** Generations that it may have at once while all is well, 1 or more. */
  readonly places: number;
  /** Generations that it has now. */
  readonly running: number;
  /** What it is: `llama` and `mock` for engines of our own, the kind of server for others. */
  readonly kind: string;
  /** On a server with several models of its own: the one that it generates with. */
  readonly model?: string;
}

/** How many generations something takes, and has. */
export type Capacity = Pick<Executor, 'status' | 'places' | 'running'>;

/** Several engines that share the work of one line, as the line sees them. */
export interface Replicas {
  readonly executors: readonly Executor[];
  /** Generations that those that are up may have at once; 0 if none is up. */
  readonly placesUp: number;
  /** All places, where their number changes; left out where it does not. */
  readonly slots?: number;
  /** Emitted when {@link placesUp} may have changed. */
  readonly changes: Subscribable<undefined>;
}

/**
 * What is left for generations of one kind, whose limit is lower than that for all together.
 *
 * @param most how many of them may run, 1 or more, and no more than there are places
 * @param running how many of them do
 */
export function limitedTo(most: number, running: number, all: Capacity): Capacity {
  // While it is tried out, it takes one, of whatever kind.
  if (all.status === 'trying') return { ...all, places: most };
  const others = all.places - most;
  return { status: all.status, places: most, running: Math.max(running, all.running - others) };
}

/** Whether it takes new generations, now or when it has cooled. */
export function isUsable({ status }: Pick<Executor, 'status'>): boolean {
  return status !== 'down' && status !== 'draining';
}

/**
 * Whether a request that needs several places would find them there. It takes no more than there are. Where only one request is
 * let through, it may be that one.
 */
export function hasPlacesFor(executor: Capacity, places: number): boolean {
  const free = freePlaces(executor);
  return free > 0 && (executor.status === 'trying' || free >= Math.min(places, executor.places));
}

/** Generations that it would take in addition to those that it has. */
export function freePlaces({ status, places, running }: Capacity): number {
  switch (status) {
    case 'ready':
      return Math.max(0, places - running);
    case 'trying':
      return running === 0 ? 1 : 0;
    case 'cooling':
    case 'draining':
    case 'down':
      return 0;
  }
}
