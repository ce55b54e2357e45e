import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../src/core/base/random.js';
import type { Channel, CloseReason } from '../../../../src/core/cluster/channel/channel.js';
import { peerSubject, schemaVersion } from '../../../../src/core/cluster/channel/envelope.js';
import { Peer } from '../../../../src/core/cluster/channel/peer.js';
import { type MemoryBus, MemoryNetwork, type Weather } from '../../../support/memory-bus.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const storm: Weather = { delayMs: [1, 80], lost: 0.2, repeated: 0.2 };

/** Two processes with a channel from one to the other. What is sent back is heard by the opener. */
class Line {
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly buses: readonly [MemoryBus, MemoryBus];
  readonly peers: readonly [Peer, Peer];
  readonly atAcceptor: unknown[] = [];
  readonly atOpener: unknown[] = [];
  readonly ends: [string, CloseReason][] = [];
  readonly accepted: Channel[] = [];
  readonly opened: Channel;

  constructor(seed = 1, maxPayloadBytes = 1024 * 1024) {
    this.network = new MemoryNetwork(this.clock, seededRandom(seed));
    this.buses = [this.network.connect(maxPayloadBytes), this.network.connect(maxPayloadBytes)];
    const [one, other] = this.buses;
    this.peers = [
      new Peer({ bus: one, id: 'one', clock: this.clock }),
      new Peer({ bus: other, id: 'two', clock: this.clock }),
    ];
    this.peers[1].accept('test', (channel) => {
      this.accepted.push(channel);
      channel.messages((message) => this.atAcceptor.push(message));
      channel.closed((reason) => this.ends.push(['acceptor', reason]));
    });
    this.opened = this.peers[0].open('two', 'test');
    this.opened.messages((message) => this.atOpener.push(message));
    this.opened.closed((reason) => this.ends.push(['opener', reason]));
  }

  advance(ms: number): void {
    this.clock.advance(ms);
  }
}

const numbered = (count: number): { n: number }[] => Array.from({ length: count }, (_, n) => ({ n }));

describe('a channel', () => {
  let line: Line;

  beforeEach(() => {
    line = new Line();
  });

  it('delivers each message once and in order, both ways, whatever the bus loses, repeats and reorders', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 60 }),
        (seed, count, gapMs) => {
          const stormy = new Line(seed, 700);
          stormy.network.weather = storm;
          const sentBack: object[] = [];
          for (const message of numbered(count)) {
            stormy.opened.send({ ...message, text: 'x'.repeat(message.n * 20) });
            for (const back of stormy.accepted) {
              back.send(message);
              sentBack.push(message);
            }
            stormy.advance(gapMs);
          }
          stormy.network.weather = { delayMs: [1, 1], lost: 0, repeated: 0 };
          stormy.advance(5000);
          expect(stormy.atAcceptor).toMatchObject(numbered(count));
          expect(stormy.atOpener).toEqual(sentBack);
        },
      ),
      { numRuns: 12, seed: 17 },
    );
  });

  it('leaves room for a purpose as long as the name of a model may be', () => {
    const narrow = new Line(1, 8192);
    const purpose = `line ${'"ä'.repeat(300)}`;
    const heard: unknown[] = [];
    narrow.peers[1].accept(purpose, (channel) => {
      channel.messages((message) => heard.push(message));
    });
    const long = { text: 'ä'.repeat(5000) };
    narrow.peers[0].open('two', purpose).send(long);
    narrow.advance(100);
    expect(heard).toEqual([long]);
    expect(narrow.network.sent.largest).toBeLessThanOrEqual(8192);
  });

  it('splits what is longer than the bus allows', () => {
    const narrow = new Line(1, 700);
    const long = { text: 'ä'.repeat(5000) };
    narrow.opened.send(long);
    narrow.advance(100);
    expect(narrow.atAcceptor).toEqual([long]);
    expect(narrow.network.sent.largest).toBeLessThanOrEqual(700);
  });

  it('stays open while it has nothing to say', () => {
    line.opened.send({ n: 0 });
    line.advance(60_000);
    expect(line.ends).toEqual([]);
    expect(line.opened.isOpen).toBe(true);
  });

  it.each(['deaf', 'mute'] as const)('outlasts two seconds in which one end is %s, and loses nothing', (silence) => {
    line.opened.send({ n: 0 });
    line.advance(500);
    line.buses[1].silence = silence;
    line.opened.send({ n: 1 });
    line.accepted[0]?.send({ n: 2 });
    line.advance(2000);
    line.buses[1].silence = 'none';
    line.advance(2000);
    expect(line.atAcceptor).toEqual([{ n: 0 }, { n: 1 }]);
    expect(line.atOpener).toEqual([{ n: 2 }]);
    expect(line.ends).toEqual([]);
  });

  it('ends at both sides when one is mute for longer', () => {
    line.opened.send({ n: 0 });
    line.advance(500);
    line.buses[1].silence = 'mute';
    line.advance(5500);
    expect(line.ends).toEqual([
      ['opener', 'silent'],
      ['acceptor', 'closed'],
    ]);
  });

  it.each(['deaf', 'both'] as const)(
    'ends when one hears nothing for longer (%s): at once at the other, and there afterwards',
    (silence) => {
      line.opened.send({ n: 0 });
      line.advance(500);
      line.buses[1].silence = silence;
      line.advance(8000);
      expect(line.ends).toEqual([['opener', 'silent']]);
      expect(line.peers.map(({ isConnected }) => isConnected)).toEqual([true, false]);
      line.buses[1].silence = 'none';
      line.advance(2000);
      expect(line.ends).toEqual([
        ['opener', 'silent'],
        ['acceptor', 'closed'],
      ]);
      expect(line.peers.map(({ isConnected }) => isConnected)).toEqual([true, true]);
    },
  );

  it.each([3000, 60_000])('outlasts a server that hangs for %d ms, which everyone notices, and loses nothing', (ms) => {
    line.opened.send({ n: 0 });
    line.advance(500);
    for (const bus of line.buses) bus.silence = 'both';
    line.opened.send({ n: 1 });
    line.accepted[0]?.send({ n: 2 });
    line.advance(ms);
    expect(line.peers.map(({ isConnected }) => isConnected)).toEqual([false, false]);
    for (const bus of line.buses) bus.silence = 'none';
    line.advance(2000);
    expect(line.peers.map(({ isConnected }) => isConnected)).toEqual([true, true]);
    expect([line.atAcceptor, line.atOpener]).toEqual([[{ n: 0 }, { n: 1 }], [{ n: 2 }]]);
    expect(line.ends).toEqual([]);
  });

  it('hears by itself that the server passes messages on, where nobody else speaks', () => {
    const lonely = new Peer({ bus: line.network.connect(), id: 'lonely', clock: line.clock });
    const changes: boolean[] = [];
    lonely.connection((isConnected) => changes.push(isConnected));
    line.advance(30_000);
    expect(changes).toEqual([]);
    lonely.close();
  });

  it('tells the other side that it has been closed, and nobody at its own', () => {
    line.opened.send({ n: 0 });
    line.advance(10);
    line.opened.close();
    line.opened.send({ n: 1 });
    line.advance(5000);
    expect(line.ends).toEqual([['acceptor', 'closed']]);
    expect(line.atAcceptor).toEqual([{ n: 0 }]);
  });

  it('ends soon when nobody takes it', () => {
    const ends: CloseReason[] = [];
    const refused = line.peers[0].open('two', 'something else');
    refused.closed((reason) => ends.push(reason));
    refused.send({ n: 0 });
    line.advance(10);
    expect(ends).toEqual(['closed']);
  });

  it('ends when the other side speaks another version', () => {
    const versions: number[] = [];
    line.peers[0].foreigners((version) => versions.push(version));
    const header = { version: schemaVersion + 1, from: 'two', channel: 'one-1' };
    line.buses[1].publish(peerSubject('one'), Buffer.from(`${JSON.stringify(header)}\n`));
    line.advance(10);
    expect(line.ends).toContainEqual(['opener', 'foreign']);
    expect(versions).toEqual([schemaVersion + 1]);
  });

  it('does not blame the other side for an outage of its own', () => {
    line.opened.send({ n: 0 });
    line.advance(10);
    for (const bus of line.buses) bus.isCut = true;
    line.opened.send({ n: 1 });
    line.advance(60_000);
    for (const bus of line.buses) bus.isCut = false;
    line.advance(100);
    expect(line.atAcceptor).toEqual([{ n: 0 }, { n: 1 }]);
    expect(line.ends).toEqual([]);
  });

  it('sends what an outage has kept back as fast as it is confirmed, and each piece once', () => {
    line.opened.send({ n: 0 });
    line.advance(10);
    for (const bus of line.buses) bus.isCut = true;
    const messages = numbered(1000);
    for (const message of messages.slice(1)) line.opened.send(message);
    line.advance(2000);
    for (const bus of line.buses) bus.isCut = false;
    const before = line.network.sent.messages;
    // 16 parts of 64, each of which is confirmed after 0.1 s at the latest.
    line.advance(2000);
    expect(line.atAcceptor).toEqual(messages);
    expect(line.network.sent.messages - before).toBeLessThan(1100);
  });

  it('leads from a process to itself without the bus', async () => {
    const [peer] = line.peers;
    const heard: unknown[] = [];
    peer.accept('own', (channel) => {
      channel.messages((message) => {
        heard.push(message);
        channel.send({ answer: message });
      });
    });
    const own = peer.open('one', 'own');
    own.messages((message) => heard.push(message));
    own.send({ n: 1 });
    own.send({ n: 2 });
    expect(heard).toEqual([]);
    await line.clock.advanceAsync(0);
    expect(heard).toEqual([{ n: 1 }, { n: 2 }, { answer: { n: 1 } }, { answer: { n: 2 } }]);
    expect(line.network.sent.messages).toBe(0);
    own.close();
  });
});
