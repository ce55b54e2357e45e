import { isDeepStrictEqual } from 'node:util';
import { createParser } from 'eventsource-parser';
import { createSseParser, type OnEvent } from '../../src/core/bench/client/sse-parser.js';
import { markdownTable } from '../support/markdown.js';
import { median, ratios } from '../support/statistics.js';
import { deliveries, recordedAnswers } from './sse-streams.js';

/**
 * What it costs to turn the bytes of an answer into the data of its events, in microseconds per event: the load
 * generator's parser, which gives eventsource-parser what a StringDecoder decodes, compared with the same library and a
 * TextDecoder.
 */
const answersPerTurn = 10;
const warmUps = 30;
const turns = 200;

/** A parser for one answer; it is fed the bytes as they arrive. */
type Contender = (onEvent: OnEvent) => (bytes: Buffer) => void;

/** The load generator's parser. */
const ours: Contender = (onEvent) => {
  const parser = createSseParser(onEvent);
  return (bytes) => {
    parser.feed(bytes);
  };
};

/** The library as it is mostly used. */
const plain: Contender = (onEvent) => {
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data, event = '' }) => {
      onEvent(data, event);
    },
  });
  return (bytes) => {
    parser.feed(decoder.decode(bytes, { stream: true }));
  };
};

function eventsRead(contender: Contender, pieces: readonly Buffer[]): (readonly [data: string, type: string])[] {
  const events: (readonly [string, string])[] = [];
  const feed = contender((data, type) => events.push([data, type]));
  for (const piece of pieces) feed(piece);
  return events;
}

let charactersRead = 0;

function countCharacters(data: string): void {
  charactersRead += data.length;
}

function microsPerEvent(contender: Contender, pieces: readonly Buffer[], events: number): number {
  const began = process.hrtime.bigint();
  for (let answer = 0; answer < answersPerTurn; answer += 1) {
    const feed = contender(countCharacters);
    for (const piece of pieces) feed(piece);
  }
  return Number(process.hrtime.bigint() - began) / 1000 / answersPerTurn / events;
}

/** The two alternate, so that a drifting machine slows both. */
function measured(pieces: readonly Buffer[], events: number): { oursUs: number[]; plainUs: number[] } {
  const oursUs: number[] = [];
  const plainUs: number[] = [];
  for (let turn = -warmUps; turn < turns; turn += 1) {
    const pair = [microsPerEvent(ours, pieces, events), microsPerEvent(plain, pieces, events)] as const;
    if (turn < 0) continue;
    oursUs.push(pair[0]);
    plainUs.push(pair[1]);
  }
  return { oursUs, plainUs };
}

const cases = recordedAnswers.flatMap(({ name, events }) =>
  deliveries.map((delivery) => ({ name, events, delivery: delivery.name, pieces: delivery.cut(events) })),
);

for (const { name, events, delivery, pieces } of cases) {
  const read = eventsRead(ours, pieces);
  if (read.length !== events.length || !isDeepStrictEqual(read, eventsRead(plain, pieces))) {
    throw new Error(`The parsers read different events: ${name}, ${delivery} per read.`);
  }
}
// Both have seen every kind of text before the first turn that counts, as in a load generator that has run for a while.
for (const { events, pieces } of cases) measured(pieces, events.length);

const rows = cases.map(({ name, events, delivery, pieces }) => {
  const { oursUs, plainUs } = measured(pieces, events.length);
  const ratio = median(ratios(plainUs, oursUs));
  return [name, delivery, median(oursUs).toFixed(2), median(plainUs).toFixed(2), ratio.toFixed(2)];
});
console.log(
  markdownTable(['answer', 'bytes per read', 'ours, µs per event', 'TextDecoder, µs per event', 'ratio'], rows),
);
if (charactersRead === 0) throw new Error('Nothing was read.');
