import { describe, expect, it } from 'vitest';
import { type FeedStream, QueueFeed } from '../../../../src/core/server/console/queue-feed.js';
import { Totals } from '../../../../src/core/telemetry/totals.js';
import { type TestApp, testApp } from '../../../support/app.js';

/** A watcher whose socket a test fills and drains. */
class FakeStream implements FeedStream {
  isCongested = false;
  readonly written: string[] = [];
  takeHeld: () => string = () => '';

  write(events: string): void {
    this.written.push(events);
  }

  comment(): void {
    // Nothing to see.
  }

  end(events: string): void {
    if (events !== '') this.written.push(events);
    this.written.push('end');
  }

  abandoned(): void {
    this.written.push('left');
  }

  get names(): readonly string[] {
    return this.written.map((text) => /^event: (\w+)/.exec(text)?.[1] ?? text);
  }
}

function watch(feed: QueueFeed): { readonly stream: FakeStream; readonly leave: () => void } {
  const stream = new FakeStream();
  const open = (takeHeld: () => string): FakeStream => {
    stream.takeHeld = takeHeld;
    return stream;
  };
  return { stream, leave: feed.add({ open, mayStay: () => true }) };
}

async function feedOf(): Promise<{ readonly feed: QueueFeed; readonly made: TestApp }> {
  const made = await testApp();
  return { feed: new QueueFeed(made.inference, new Totals(made.inference.events), made.clock), made };
}

describe('a feed of the queues', () => {
  it('gives a watcher that reads too slowly a snapshot instead of the changes that it has missed', async () => {
    const { feed, made } = await feedOf();
    const { stream } = watch(feed);
    stream.isCongested = true;
    for (const maxQueue of [1, 2, 3]) {
      made.inference.resize({ maxQueue });
      made.clock.advance(200);
    }
    expect(stream.names).toEqual(['snapshot']);
    expect(stream.takeHeld()).toMatch(/^event: snapshot\n.*"max_queue":3/);
    expect(stream.takeHeld()).toBe('');
  });

  it('makes an event once for all watchers', async () => {
    const { feed, made } = await feedOf();
    const [one, two] = [watch(feed), watch(feed)];
    made.inference.resize({ maxQueue: 1 });
    made.clock.advance(200);
    expect(one.stream.names).toEqual(['snapshot', 'change']);
    expect(two.stream.written[1]).toBe(one.stream.written[1]);
  });

  it('tells a newcomer what the next change builds on', async () => {
    const { feed, made } = await feedOf();
    watch(feed);
    made.inference.resize({ maxQueue: 1 });
    const { stream } = watch(feed);
    made.clock.advance(200);
    expect(stream.written[0]).toContain('"max_queue":64');
    expect(stream.written[1]).toContain('"max_queue":1');
  });

  it('writes nothing to a watcher that has left', async () => {
    const { feed, made } = await feedOf();
    const { stream, leave } = watch(feed);
    leave();
    made.inference.resize({ maxQueue: 1 });
    made.clock.advance(200);
    expect(stream.names).toEqual(['snapshot', 'left']);
  });

  it('tells the last changes when the server closes, also to those who read too slowly', async () => {
    const { feed, made } = await feedOf();
    const [quick, behind] = [watch(feed), watch(feed)];
    behind.stream.isCongested = true;
    made.inference.resize({ maxQueue: 1 });
    made.clock.advance(200);
    await made.inference.drain();
    feed.end();
    expect(quick.stream.names).toEqual(['snapshot', 'change', 'change', 'end']);
    expect(quick.stream.written[2]).toContain('"draining":true');
    expect(behind.stream.names).toEqual(['snapshot', 'snapshot', 'end']);
    expect(behind.stream.written[1]).toContain('"draining":true');
  });

  it('ends without another event if nothing has changed when the server closes', async () => {
    const { feed } = await feedOf();
    const { stream } = watch(feed);
    feed.end();
    expect(stream.names).toEqual(['snapshot', 'end']);
  });
});
