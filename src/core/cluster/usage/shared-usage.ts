import type { CancelTimer, Clock } from '../../base/clock.js';
import type { Subscribable } from '../../base/emitter.js';
import type { Bus } from '../../bus/bus.js';
import type { RateLimiter, Spending } from '../../scheduler/rate-limits/rate-limiter.js';
import { type HourOfUsage, type KeyUsage, mergedHours, type UsageBook } from '../../telemetry/key-usage.js';
import { decodeEntry, encodeEntry } from '../entries.js';
import { batches } from './batches.js';
import { type UsageMessage, usageMessage, usageSubject, type WireUsed } from './usage-messages.js';

export interface SharedUsageOptions {
  readonly bus: Bus;
  /** Of this front. */
  readonly id: string;
  readonly clock: Clock;
  /** What the requests of this front have used. */
  readonly own: KeyUsage;
  /** Creates an empty one for each other front. */
  readonly newBook: () => KeyUsage;
  /** Reports the keys of requests that have ended at this front. */
  readonly settled: Subscribable<string>;
  readonly rates: RateLimiter;
}

/** How often changes are sent, in milliseconds: for this long, a key may use its limits at several fronts. */
const newsEveryMs = 250;

/** Without changes, a front sends something this often, so that a front that has missed its last news notices. */
const quietMs = 5000;

/** A front is asked for its history at most this often. */
const askEveryMs = 2000;

/** Maximum size of a message, as JSON: by default, NATS accepts four times as much, and less if configured so. */
const mostBytes = 256 * 1024;

/** Room for what a message says besides its list, which is far shorter. */
const mostFrameBytes = 512;

/** After this time without a message, a front of whose usage nothing is stored is forgotten. */
const forgottenMs = 60_000;

/** Another front, as far as it is known. */
interface Other {
  readonly book: KeyUsage;
  /** Number of its last news. */
  number: number;
  /** Whether some of its news have been missed. */
  isBehind: boolean;
  askedMs: number;
  heardMs: number;
}

/**
 * What keys use at all fronts of a cluster. Each front sends the others what has changed: sums of its own hours, which
 * replace earlier ones, and what was taken from limits over time, which the others take from theirs. A front that
 * notices that it has missed something, or is new, asks for everything.
 *
 * While NATS is unreachable, each front counts for itself, and informs the others afterwards.
 */
export class SharedUsage implements UsageBook {
  readonly #options: SharedUsageOptions;
  readonly #others = new Map<string, Other>();
  readonly #spent = new Map<string, Spending>();
  readonly #changed = new Set<string>();
  readonly #unsubscribe: () => void;
  #number = 0;
  #isConnected = true;
  #toldMs: number;
  #cancelTimer: CancelTimer = () => undefined;

  constructor(options: SharedUsageOptions) {
    this.#options = options;
    const { bus, id, clock, settled, rates } = options;
    this.#toldMs = clock.now();
    const ends = [
      bus.subscribe(usageSubject, ({ data }) => {
        const read = decodeEntry(usageMessage, data);
        if (read.type === 'entry' && read.value.from !== id) this.#hear(read.value);
      }),
      bus.onStatus(({ type }) => {
        if (type === 'lost' || type === 'back') this.#isConnected = type === 'back';
      }),
      settled((key) => this.#changed.add(key)),
      rates.spent((spending) => {
        this.#note(spending);
      }),
    ];
    this.#unsubscribe = () => {
      for (const end of ends) end();
    };
    this.#say({ type: 'ask', from: id, to: null });
    this.#tick();
  }

  get names(): readonly string[] {
    return [...new Set(this.#books.flatMap(({ names }) => names))].sort();
  }

  hoursOf(key: string, most: number): readonly HourOfUsage[] {
    return mergedHours(this.#books.map((book) => book.hoursOf(key, most)));
  }

  stop(): void {
    this.#tell();
    this.#cancelTimer();
    this.#unsubscribe();
  }

  get #books(): readonly KeyUsage[] {
    return [this.#options.own, ...Array.from(this.#others.values(), ({ book }) => book)];
  }

  #note({ payer, requests, tokens }: Spending): void {
    const before = this.#spent.get(payer) ?? { requests: 0, tokens: 0 };
    this.#spent.set(payer, { payer, requests: before.requests + requests, tokens: before.tokens + tokens });
  }

  #tick(): void {
    const { clock } = this.#options;
    // Without a connection, usage is kept until there is one.
    if (this.#isConnected && this.#spent.size + this.#changed.size > 0) this.#tell();
    else if (this.#isConnected && clock.now() - this.#toldMs >= quietMs) this.#sayNews([], []);
    this.#cancelTimer = clock.schedule(newsEveryMs, () => {
      this.#tick();
    });
  }

  #tell(): void {
    // Of this hour and the last one, because requests may have ended just before a new hour began.
    const used = [...this.#changed].flatMap((key) => this.#ownHours(key, 2));
    const spent = [...this.#spent.values()];
    this.#changed.clear();
    this.#spent.clear();
    for (const part of this.#parts(used)) this.#sayNews([], part);
    for (const part of this.#parts(spent)) this.#sayNews(part, []);
  }

  #sayNews(spent: readonly Spending[], used: readonly WireUsed[]): void {
    if (spent.length + used.length > 0) this.#number += 1;
    this.#toldMs = this.#options.clock.now();
    this.#say({ type: 'news', from: this.#options.id, number: this.#number, spent: [...spent], used: [...used] });
  }

  #hear(message: UsageMessage): void {
    const { id } = this.#options;
    switch (message.type) {
      case 'news':
        this.#hearNews(message);
        return;
      case 'ask':
        if (message.to === null || message.to === id) this.#answer(message.from);
        return;
      case 'history':
        if (message.to === id) this.#hearHistory(message);
    }
  }

  #hearNews({ from, number, spent, used }: Extract<UsageMessage, { type: 'news' }>): void {
    const { id, clock, rates } = this.#options;
    const other = this.#other(from);
    const saysSomething = spent.length + used.length > 0;
    // The message has arrived twice.
    if (saysSomething && number <= other.number) return;
    if (number > other.number + (saysSomething ? 1 : 0)) other.isBehind = true;
    other.number = Math.max(other.number, number);
    this.#put(other, used);
    for (const spending of spent) rates.spendElsewhere(spending);
    if (!other.isBehind || clock.now() - other.askedMs < askEveryMs) return;
    other.askedMs = clock.now();
    this.#say({ type: 'ask', from: id, to: from });
  }

  #hearHistory({ from, number, shortages, used }: Extract<UsageMessage, { type: 'history' }>): void {
    const other = this.#other(from);
    other.number = Math.max(other.number, number);
    other.isBehind = false;
    this.#put(other, used);
    for (const shortage of shortages) this.#options.rates.reduce(shortage);
  }

  #answer(to: string): void {
    const { own, rates, id } = this.#options;
    const used = own.names.flatMap((key) => this.#ownHours(key, Infinity));
    const history = { type: 'history', from: id, to, number: this.#number } as const;
    for (const part of this.#parts(used)) this.#say({ ...history, shortages: [], used: [...part] });
    for (const part of this.#parts(rates.shortages)) this.#say({ ...history, shortages: [...part], used: [] });
    // Sends at least the number.
    this.#say({ ...history, shortages: [], used: [] });
  }

  /** For an hour with more models than fit into a message, others only get the sums. */
  #ownHours(key: string, most: number): WireUsed[] {
    return this.#options.own.hoursOf(key, most).map((hour) => {
      const used = wireUsed(key, hour);
      return batches([...used.models], this.#mostListBytes - mostFrameBytes).length > 1
        ? { ...used, models: [] }
        : used;
    });
  }

  #parts<T>(items: readonly T[]): readonly (readonly T[])[] {
    return batches(items, this.#mostListBytes);
  }

  get #mostListBytes(): number {
    return Math.min(mostBytes, this.#options.bus.maxPayloadBytes - mostFrameBytes);
  }

  #other(id: string): Other {
    const nowMs = this.#options.clock.now();
    let other = this.#others.get(id);
    if (other === undefined) {
      this.#forgetOthers(nowMs);
      other = { book: this.#options.newBook(), number: 0, isBehind: false, askedMs: -Infinity, heardMs: nowMs };
      this.#others.set(id, other);
    }
    other.heardMs = nowMs;
    return other;
  }

  #forgetOthers(nowMs: number): void {
    for (const [id, { book, heardMs }] of this.#others) {
      if (nowMs - heardMs >= forgottenMs && book.names.length === 0) this.#others.delete(id);
    }
  }

  #put({ book }: Other, used: readonly WireUsed[]): void {
    for (const { key, models, ...hour } of used) {
      book.put(key, { ...hour, models: new Map(models.map(({ model, ...usage }) => [model, usage])) });
    }
  }

  #say(message: UsageMessage): void {
    this.#options.bus.publish(usageSubject, encodeEntry(message));
  }
}

function wireUsed(key: string, { models, requests, ...hour }: HourOfUsage): WireUsed {
  return {
    ...hour,
    key,
    requests: { ...requests },
    models: Array.from(models, ([model, { requests: ofModel, ...used }]) => ({
      ...used,
      model,
      requests: { ...ofModel },
    })),
  };
}
