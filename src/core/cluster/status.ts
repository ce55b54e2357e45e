import type { Static, TSchema } from 'typebox';
import type { Clock } from '../base/clock.js';
import type { Bucket, Entry } from '../bus/bucket.js';
import type { Bus } from '../bus/bus.js';
import { buckets, decodeEntry, keys } from './entries.js';
import { type FrontEntry, frontEntry, type LeaseEntry, leaseEntry, type NodeEntry, nodeEntry } from './messages.js';

/** What is known about a member, or about the holder of a line. */
export interface Heard<T> {
  readonly value: T;
  /** Milliseconds since it last announced itself; null if it has not while the cluster was watched. */
  readonly silentMs: number | null;
}

interface LineStatus {
  readonly model: string;
  /** The name of the process that holds it; its id if that is not a member, and null if there is no holder. */
  readonly holder: string | null;
  /** The number of the lease. */
  readonly lease: number;
  readonly running: number;
  readonly waiting: number;
  /** Slots of nodes that are ready. */
  readonly places: number;
}

/** A cluster as seen from outside. */
export interface ClusterStatus {
  /** From a request to NATS's answer, in milliseconds. */
  readonly roundTripMs: number;
  readonly fronts: readonly Heard<FrontEntry>[];
  readonly nodes: readonly Heard<NodeEntry>[];
  readonly lines: readonly Heard<LineStatus>[];
  /** Members of other versions, by their keys in the bucket. */
  readonly foreigners: readonly { readonly key: string; readonly version: number }[];
}

/** The beginning of the keys of all leases. */
const leasePrefix = keys.lease('');

/** Members and holders announce themselves every second. */
const watchedMs = 1500;

/**
 * Watches the cluster for one and a half seconds, in which everything that is alive announces itself once.
 *
 * @throws ChatstreamError `cluster_unavailable` if NATS does not answer
 */
export async function readClusterStatus(bus: Bus, clock: Clock): Promise<ClusterStatus> {
  const members = await bus.bucket(buckets.members.name, buckets.members);
  const leases = await bus.bucket(buckets.lines.name, buckets.lines);
  const askedMs = clock.now();
  await members.get(keys.front('nobody'));
  const roundTripMs = clock.now() - askedMs;
  const frontWatch = new Watch(members, keys.fronts, clock);
  const nodeWatch = new Watch(members, keys.nodes, clock);
  const leaseWatch = new Watch(leases, leasePrefix, clock);
  await new Promise<void>((resolve) => {
    clock.schedule(watchedMs, resolve);
  });
  const [fronts, nodes, held] = [frontWatch.end(frontEntry), nodeWatch.end(nodeEntry), leaseWatch.end(leaseEntry)];
  const names = new Map([...fronts.heard, ...nodes.heard].map(({ value: { id, name } }) => [id, name]));
  const lines = held.heard.map(({ key, value, silentMs }) => {
    return { value: lineOf(key, value, names, nodes.heard), silentMs };
  });
  return {
    roundTripMs,
    fronts: inOrder(fronts.heard, ({ name }) => name),
    nodes: inOrder(nodes.heard, ({ name }) => name),
    lines: inOrder(lines, ({ model }) => model),
    foreigners: [fronts, nodes, held].flatMap(({ foreigners }) => foreigners),
  };
}

function lineOf(
  key: string,
  { holder, number, running, waiting }: LeaseEntry,
  names: ReadonlyMap<string, string>,
  nodes: readonly Heard<NodeEntry>[],
): LineStatus {
  const model = Buffer.from(key.slice(leasePrefix.length), 'base64url').toString('utf8');
  const ready = nodes.filter(({ value }) => value.model === model && value.status === 'ready');
  return {
    model,
    holder: holder === null ? null : (names.get(holder) ?? holder),
    lease: number,
    running,
    waiting,
    places: ready.reduce((sum, { value: { slots } }) => sum + slots, 0),
  };
}

function inOrder<T>(all: readonly Heard<T>[], nameOf: (value: T) => string): readonly Heard<T>[] {
  return all.toSorted((one, other) => nameOf(one.value).localeCompare(nameOf(other.value)));
}

interface Seen {
  readonly entry: Entry;
  /** Null for an entry that was there already, because its age is unknown. */
  readonly atMs: number | null;
}

interface Read<T> {
  readonly heard: readonly (Heard<T> & { readonly key: string })[];
  readonly foreigners: ClusterStatus['foreigners'];
}

/** Remembers when each entry was last written. */
class Watch {
  readonly #stop: () => void;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(bucket: Bucket, prefix: string, clock: Clock) {
    this.#clock = clock;
    this.#stop = bucket.watch(prefix, (event) => {
      if (event.type !== 'put') this.#seen.delete(event.key);
      else {
        const { entry } = event;
        this.#seen.set(entry.key, { entry, atMs: this.#seen.has(entry.key) ? clock.now() : null });
      }
    });
  }

  end<T extends TSchema>(shape: T): Read<Static<T>> {
    this.#stop();
    const heard: (Heard<Static<T>> & { readonly key: string })[] = [];
    const foreigners: { readonly key: string; readonly version: number }[] = [];
    const nowMs = this.#clock.now();
    for (const [key, { entry, atMs }] of this.#seen) {
      const read = decodeEntry(shape, entry.value);
      if (read.type === 'entry') heard.push({ key, value: read.value, silentMs: atMs === null ? null : nowMs - atMs });
      else if (read.type === 'foreign') foreigners.push({ key, version: read.version });
    }
    return { heard, foreigners };
  }
}
