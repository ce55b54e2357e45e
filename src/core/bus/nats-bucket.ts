import { setTimeout as pause } from 'node:timers/promises';
import type { KV, KvEntry, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Subscribable } from '../base/emitter.js';
import { ChatstreamError, messageOf } from '../base/errors.js';
import { member } from '../base/json.js';
import { type Bucket, type BucketOptions, checkKey, checkSelection, type Entry, mostValueBytes } from './bucket.js';
import type { BusStatus } from './bus.js';
import { NatsWatch } from './nats-watch.js';

/** After this time without a message, a member gives up. A lease must be renewed more often than it expires. */
const answerWithinMs = 2000;

/** The server's codes for "the entry does not have this revision"; servers use either. */
const otherRevision: readonly unknown[] = [10071, 10164];

/** The server's codes for "the name, or the subjects, of this bucket are taken": another member is creating it. */
const taken: readonly unknown[] = [10058, 10065];
const createTries = 10;
const createPauseMs = 50;

/**
 * Opens a bucket of NATS's key-value store. The client is loaded here, so that nothing else has to wait for it.
 *
 * @throws ChatstreamError as described at {@link Bus.bucket}
 */
export async function openNatsBucket(link: NatsLink, name: string, options: BucketOptions): Promise<Bucket> {
  const nats = await import('@nats-io/kv');
  const bucket = new NatsBucket(new nats.Kvm(link.connection), link, name, options);
  await bucket.open();
  return bucket;
}

/** What a bucket needs of its bus. */
export interface NatsLink {
  readonly connection: NatsConnection;
  readonly onStatus: Subscribable<BusStatus>;
  /**
   * Told of everything that makes the client read from a bucket, until that has begun or failed. The connection must not be closed
   * before: the client would begin all the same, and its timers would keep the process alive.
   */
  readonly reading: (beginning: Promise<unknown>) => void;
}

class NatsBucket implements Bucket {
  readonly #kvm: Kvm;
  readonly #link: NatsLink;
  readonly #name: string;
  readonly #ttlMs: number | null;
  #kv: KV | null = null;

  constructor(kvm: Kvm, link: NatsLink, name: string, { ttlMs }: BucketOptions) {
    this.#kvm = kvm;
    this.#link = link;
    this.#name = name;
    this.#ttlMs = ttlMs;
  }

  get maxValueBytes(): number {
    return mostValueBytes(maxPayloadBytesOf(this.#link.connection));
  }

  async open(): Promise<KV> {
    try {
      const settings = { description: 'chatstream', allow_direct: false, ttl: this.#ttlMs ?? 0 };
      const kv = await inTime(createTogether(() => this.#kvm.create(this.#name, settings)));
      await this.#check(kv);
      this.#kv = kv;
      return kv;
    } catch (error) {
      if (error instanceof ChatstreamError) throw error;
      throw isOff(error) ? jetStreamOff(this.#link.connection.getServer(), error) : unavailable(this.#name, error);
    }
  }

  async get(key: string): Promise<Entry | null> {
    checkKey(key);
    const found = await this.#ask((kv) => kv.get(key));
    return found?.operation === 'PUT' ? entryOf(found) : null;
  }

  list(selection: string): Promise<Entry[]> {
    checkSelection(selection);
    return this.#ask(async (kv) => {
      const entries: Entry[] = [];
      // A bucket keeps one value per key, so its history is its contents.
      for await (const found of await this.#reading(kv.history({ key: subjectOf(selection) }))) {
        if (found.operation === 'PUT') entries.push(entryOf(found));
      }
      return entries;
    });
  }

  put(key: string, value: Uint8Array): Promise<number> {
    checkKey(key);
    return this.#ask((kv) => kv.put(key, value));
  }

  create(key: string, value: Uint8Array): Promise<number | null> {
    checkKey(key);
    return this.#ask((kv) => kv.create(key, value).catch(nullIfOtherRevision));
  }

  update(key: string, value: Uint8Array, revision: number): Promise<number | null> {
    checkKey(key);
    return this.#ask((kv) => kv.update(key, value, revision).catch(nullIfOtherRevision));
  }

  async remove(key: string, revision?: number): Promise<boolean> {
    checkKey(key);
    const condition = revision === undefined ? {} : { previousSeq: revision };
    const removed = await this.#ask((kv) => kv.delete(key, condition).then(() => true, nullIfOtherRevision));
    return removed === true;
  }

  watch(selection: string, onEvent: Parameters<Bucket['watch']>[1]): () => void {
    checkSelection(selection);
    const watch = new NatsWatch({
      open: async () => this.#reading((await this.open()).watch({ key: subjectOf(selection) })),
      get: (key) => this.get(key),
      isClosed: () => this.#link.connection.isClosed(),
      onStatus: this.#link.onStatus,
      ttlMs: this.#ttlMs,
      onEvent,
    });
    return () => {
      watch.stop();
    };
  }

  #reading<T>(beginning: Promise<T>): Promise<T> {
    this.#link.reading(beginning);
    return beginning;
  }

  /** A server that came back without its storage has no bucket: it is created again, and asked once more. */
  async #ask<T>(question: (kv: KV) => Promise<T>): Promise<T> {
    try {
      return await inTime(question(this.#kv ?? (await this.open())));
    } catch (error) {
      if (!isOff(error)) throw error instanceof ChatstreamError ? error : unavailable(this.#name, error);
    }
    const kv = await this.open();
    return inTime(question(kv)).catch((error: unknown) => {
      throw unavailable(this.#name, error);
    });
  }

  /** Members of another version, or an operator with a tool, may have created it with another time to live. */
  async #check(kv: KV): Promise<void> {
    const { ttl } = await inTime(kv.status());
    const wantedMs = this.#ttlMs ?? 0;
    if (ttl === wantedMs) return;
    throw new ChatstreamError(
      'cluster_unavailable',
      `The bucket ${this.#name} at NATS keeps entries for ${ttl} ms, but this version wants ${wantedMs} ms.`,
      { hint: `Do all members run the same version? Otherwise remove it: nats kv del ${this.#name}` },
    );
  }
}

/**
 * Requests a bucket again while another member creates the same one: the client checks whether it exists, then creates
 * it, and of several clients that find none, the server accepts only the first.
 *
 * @throws the error of `create`, if it is another one, or the same ten times within half a second
 */
export async function createTogether<T>(create: () => Promise<T>): Promise<T> {
  for (let left = createTries - 1; ; left -= 1) {
    try {
      return await create();
    } catch (error) {
      if (left === 0 || !taken.includes(member(error, 'code'))) throw error;
      await pause(createPauseMs);
    }
  }
}

/** As reported by the connected server; otherwise the servers' default. */
export function maxPayloadBytesOf({ info }: NatsConnection): number {
  return info?.max_payload ?? 1024 * 1024;
}

function subjectOf(selection: string): string {
  return selection === '' || selection.endsWith('.') ? `${selection}>` : selection;
}

function entryOf({ key, value, revision }: KvEntry): Entry {
  return { key, value, revision };
}

function nullIfOtherRevision(error: unknown): null {
  if (otherRevision.includes(member(error, 'code'))) return null;
  throw error;
}

/** JetStream, or this bucket, does not exist: the server does not answer, or says so. */
function isOff(error: unknown): boolean {
  return error instanceof Error && ['JetStreamNotEnabled', 'StreamNotFoundError'].includes(error.name);
}

function jetStreamOff(address: string, cause: unknown): ChatstreamError {
  return new ChatstreamError(
    'cluster_unavailable',
    `NATS at ${address} has JetStream switched off, which a cluster needs.`,
    {
      hint: 'Start it with: nats-server -js. With accounts, also enable JetStream for the account.',
      cause,
    },
  );
}

function unavailable(name: string, cause: unknown): ChatstreamError {
  return new ChatstreamError(
    'cluster_unavailable',
    `The bucket ${name} at NATS does not answer: ${messageOf(cause)}.`,
    {
      hint: 'Is nats-server running, and may this user use JetStream?',
      cause,
    },
  );
}

/** The client would wait for 5 s, and for longer while the connection is lost. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${answerWithinMs} ms`));
    }, answerWithinMs);
    timer.unref();
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
