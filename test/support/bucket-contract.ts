import { expect, it } from 'vitest';
import type { Bucket, BucketEvent } from '../../src/core/bus/bucket.js';

/** What the contract needs of a bus: NATS, or one in memory. */
export interface BucketHarness {
  /** Opens the bucket as another process would, so that nothing is shared but the server. */
  readonly open: (name: string, ttlMs: number | null) => Promise<Bucket>;
  /** Lets time go by until `probe` returns true. */
  readonly until: (probe: () => boolean, what: string) => Promise<void>;
  /** What has been asked is answered, as time goes by. */
  readonly done: <T>(promise: Promise<T>) => Promise<T>;
  readonly pass: (ms: number) => Promise<void>;
  /** Short, but longer than a busy machine stands still. */
  readonly ttlMs: number;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** One line per event, for comparison. */
function lineOf(event: BucketEvent): string {
  switch (event.type) {
    case 'put':
      return `${event.entry.key}=${new TextDecoder().decode(event.entry.value)}`;
    case 'removed':
    case 'expired':
      return `${event.key} ${event.type}`;
  }
}

/** Tests of what every bucket does. */
export function describeBucket(harness: () => BucketHarness): void {
  let buckets = 0;
  async function twoViews(ttlMs: number | null = null): Promise<readonly [Bucket, Bucket]> {
    buckets += 1;
    const name = `contract-${buckets}`;
    const { done, open } = harness();
    return [await done(open(name, ttlMs)), await done(open(name, ttlMs))];
  }

  it('shows to everybody what was written, with rising revisions', async () => {
    const { done } = harness();
    const [one, other] = await twoViews();
    expect(await done(one.get('a.b'))).toBeNull();
    const first = await done(one.put('a.b', bytes('1')));
    const second = await done(other.put('a.b', bytes('2')));
    expect(second).toBeGreaterThan(first);
    expect(await done(one.get('a.b'))).toEqual({ key: 'a.b', value: bytes('2'), revision: second });
  });

  it('lets one of several create a key, also after it was removed', async () => {
    const { done } = harness();
    const [one, other] = await twoViews();
    const both = await done(Promise.all([one.create('lease', bytes('one')), other.create('lease', bytes('other'))]));
    expect(both.filter((revision) => revision !== null)).toHaveLength(1);
    expect(await done(one.remove('lease'))).toBe(true);
    expect(await done(other.create('lease', bytes('again')))).toBeTypeOf('number');
    expect(await done(one.create('lease', bytes('late')))).toBeNull();
  });

  it('updates and removes only the revision that is meant', async () => {
    const { done } = harness();
    const [one, other] = await twoViews();
    const first = await done(one.put('k', bytes('1')));
    const second = (await done(other.update('k', bytes('2'), first))) ?? 0;
    expect(second).toBeGreaterThan(first);
    expect(await done(one.update('k', bytes('3'), first))).toBeNull();
    expect(await done(one.remove('k', first))).toBe(false);
    expect(await done(one.remove('k', second))).toBe(true);
    expect(await done(one.get('k'))).toBeNull();
    expect(await done(one.update('k', bytes('4'), second))).toBeNull();
    expect(await done(one.remove('k', second))).toBe(false);
  });

  it('lists a key, or all that begin with the same words', async () => {
    const { done } = harness();
    const [one, other] = await twoViews();
    expect(await done(one.list(''))).toEqual([]);
    for (const key of ['node.a', 'node.b.x', 'nodes', 'front.a', 'node.gone']) await done(one.put(key, bytes(key)));
    await done(one.remove('node.gone'));
    const keys = (await done(other.list('node.'))).map(({ key }) => key);
    expect(keys.toSorted()).toEqual(['node.a', 'node.b.x']);
    expect(await done(other.list(''))).toHaveLength(4);
    expect(await done(other.list('none.'))).toEqual([]);
    expect((await done(other.list('node.a'))).map(({ key }) => key)).toEqual(['node.a']);
  });

  it('tells a watcher what is there, then what changes, in order, and nothing after its end', async () => {
    const { done, until } = harness();
    const [one, other] = await twoViews();
    await done(one.put('node.a', bytes('1')));
    await done(one.put('front.a', bytes('1')));
    const heard: string[] = [];
    const stop = other.watch('node.', (event) => heard.push(lineOf(event)));
    await until(() => heard.length === 1, 'the entry that is there');
    await done(one.put('node.a', bytes('2')));
    await done(one.put('front.a', bytes('2')));
    await until(() => heard.includes('node.a=2'), 'the change');
    await done(one.remove('node.a'));
    await done(one.put('node.b', bytes('3')));
    await until(() => heard.includes('node.b=3'), 'the last change');
    expect(heard).toEqual(['node.a=1', 'node.a=2', 'node.a removed', 'node.b=3']);
    stop();
    const all: string[] = [];
    other.watch('node.c', (event) => all.push(lineOf(event)));
    await done(one.put('node.d', bytes('4')));
    await done(one.put('node.c', bytes('5')));
    await until(() => all.length > 0, 'another watch');
    expect(all).toEqual(['node.c=5']);
    expect(heard).toHaveLength(4);
  });

  it('forgets what nobody renews, and tells watchers', async () => {
    const { done, until, pass, ttlMs } = harness();
    const [one, other] = await twoViews(ttlMs);
    const heard: string[] = [];
    other.watch('', (event) => heard.push(lineOf(event)));
    const revision = await done(one.put('dies', bytes('')));
    for (let renewal = 0; renewal < 8; renewal += 1) {
      await done(one.put('lives', bytes('')));
      await pass(ttlMs / 5);
    }
    await until(() => heard.includes('dies expired'), 'the end of the entry');
    expect(heard).not.toContain('lives expired');
    expect(await done(one.get('dies'))).toBeNull();
    expect(await done(one.update('dies', bytes(''), revision))).toBeNull();
    expect(await done(one.create('dies', bytes('again')))).toBeGreaterThan(revision);
    await until(() => heard.includes('dies=again'), 'the new entry');
    await until(() => heard.includes('lives expired'), 'the end of the other one');
  });

  it('refuses keys that NATS would refuse', async () => {
    const [one] = await twoViews();
    for (const key of ['', 'a b', '.a', 'a.', 'a..b', 'a.*', 'ä']) {
      await expect((async () => one.get(key))(), key).rejects.toThrow('cannot be a key');
    }
    expect(() => one.watch('node.*', () => undefined)).toThrow('cannot be a key');
  });
}
