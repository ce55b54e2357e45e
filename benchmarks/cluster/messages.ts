import {
  decodeEnvelope,
  encodeEnvelope,
  type Header,
  parsed,
  piecesOf,
  schemaVersion,
  textOf,
} from '../../src/core/cluster/channel/envelope.js';
import { type FromLine, reading, shapes, type ToLine } from '../../src/core/cluster/messages.js';
import { markdownTable } from '../support/markdown.js';
import { Stopwatch } from './stopwatch.js';

/** What the holder of a line spends on the messages of one request, without NATS's client: two in and two out. */
const repeats = 100_000;

const id = 'c5b3a0f2-53f0-4f7e-9a2b-3a4f5a6b7c8d';
const prefixes = Array.from({ length: 8 }, (_, index) => `prefix${index}abc`);
const incoming: readonly ToLine[] = [
  {
    type: 'register',
    requests: [
      {
        ...{ id, waitedMs: 0, deadlineMs: null, prefixes, node: null, isHomeless: false, turn: null },
        demand: { key: 'anna', trafficClass: 'standard', promptTokens: 512, maxTokens: 512 },
      },
    ],
  },
  { type: 'over', id },
];
const outgoing: readonly FromLine[] = [
  { type: 'accepted', turns: [[id, [1_795_739_723, 1000]]], places: [[id, 1000, 20_000, 'slot']] },
  { type: 'granted', id, node: 'fc052f71faeefc6c', lease: 1_795_739_723 },
];
const header: Header = {
  ...{
    version: schemaVersion,
    from: 'd5eb15f915214d5a',
    channel: 'd5eb15f915214d5a-1',
    byOpener: true,
    purpose: 'line model',
  },
  ...{ received: 1000, content: { type: 'piece', number: 1000, more: false } },
};

function encoded(message: object): Uint8Array {
  return encodeEnvelope(header, piecesOf(message, header.purpose, 1024 * 1024)[0] ?? new Uint8Array(0));
}

let understood = 0;
const read = reading(shapes.toLine, () => (understood += 1));
const arriving = incoming.map(encoded);

function measure(): Stopwatch {
  const stopwatch = new Stopwatch();
  stopwatch.time(repeats, () => {
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      for (const data of arriving) {
        const envelope = decodeEnvelope(data);
        if (envelope.type === 'message') read(parsed(textOf(envelope.body)));
      }
      for (const message of outgoing) encoded(message);
    }
  });
  return stopwatch;
}

measure();
const { microsEach, perSecond } = measure();
if (understood !== 2 * 2 * repeats) throw new Error('Messages were not understood.');
console.log(
  markdownTable(
    ['messages of one request at the holder, µs', 'requests/s'],
    [[microsEach.toFixed(1), perSecond.toFixed(0)]],
  ),
);
