import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser, EventTooLongError } from '../../../../src/core/bench/client/sse-parser.js';

interface Event {
  readonly data: string;
  readonly type: string;
}

function eventsIn(pieces: readonly (string | Uint8Array)[], limitBytes?: number): Event[] {
  const events: Event[] = [];
  const parser = createSseParser((data, type) => events.push({ data, type }), limitBytes);
  for (const piece of pieces) parser.feed(Buffer.from(piece));
  return events;
}

function dataIn(...pieces: readonly (string | Uint8Array)[]): string[] {
  return eventsIn(pieces).map(({ data }) => data);
}

describe('createSseParser', () => {
  it('reads whole events from one piece', () => {
    expect(dataIn('data: one\n\ndata: two\n\n')).toEqual(['one', 'two']);
  });

  it('removes one space after the colon, and no more', () => {
    expect(dataIn('data:bare\n\ndata:  padded \n\n')).toEqual(['bare', ' padded ']);
  });

  it('joins data lines by line feeds', () => {
    expect(dataIn('data: one\ndata\ndata: three\n\n')).toEqual(['one\n\nthree']);
  });

  it('reports an event without data only if it has a data line', () => {
    expect(eventsIn(['data:\n\nevent: ping\n\n\n\n'])).toEqual([{ data: '', type: '' }]);
  });

  it('names events, and forgets the name afterwards', () => {
    expect(eventsIn(['event: error\ndata: one\n\ndata: two\n\n'])).toEqual([
      { data: 'one', type: 'error' },
      { data: 'two', type: '' },
    ]);
  });

  it('leaves comments, ids, retries and unknown fields alone', () => {
    expect(dataIn(': queued position=3\n\nid: 1\nretry: 10\nfoo: bar\nfoo\ndatax: no\ndata: yes\n\n')).toEqual(['yes']);
  });

  it.each(['\n', '\r\n', '\r'])('ends lines at %j', (lineEnd) => {
    const stream = ['event: a', 'data: one', 'data: more', '', 'data: two', '', ''].join(lineEnd);
    expect(eventsIn([stream])).toEqual([
      { data: 'one\nmore', type: 'a' },
      { data: 'two', type: '' },
    ]);
  });

  it('reports an event at the CR that ends it, without waiting for what may follow', () => {
    const events: string[] = [];
    const parser = createSseParser((data) => events.push(data));
    parser.feed(Buffer.from('data: one\r\n\r'));
    expect(events).toEqual(['one']);
    parser.feed(Buffer.from('\n'));
    parser.feed(Buffer.from('\ndata: two\n\n'));
    expect(events).toEqual(['one', 'two']);
  });

  it('removes a byte order mark at the beginning of the stream only', () => {
    expect(dataIn(Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), 'data: one\n\ndata: \uFEFF\n\n')).toEqual([
      'one',
      '\uFEFF',
    ]);
  });

  it('does not report an event that is not finished', () => {
    expect(dataIn('data: one\n\ndata: two\n')).toEqual(['one']);
  });

  it('joins a character that was cut in two', () => {
    const bytes = Buffer.from('data: 🦙\n\n');
    expect(dataIn(bytes.subarray(0, 8), bytes.subarray(8, 9), bytes.subarray(9))).toEqual(['🦙']);
  });

  it('keeps nothing of the bytes it was given', () => {
    const events: string[] = [];
    const parser = createSseParser((data) => events.push(data));
    const piece = Buffer.from('data: on');
    parser.feed(piece);
    piece.fill(0);
    parser.feed(Buffer.from('e\n\n'));
    expect(events).toEqual(['one']);
  });

  it('gives up on a line that never ends', () => {
    const feedForever = (): void => {
      eventsIn(
        Array.from({ length: 100 }, () => 'x'.repeat(50)),
        1000,
      );
    };
    expect(feedForever).toThrow(EventTooLongError);
  });

  it('gives up on an event that never ends', () => {
    expect(() =>
      eventsIn(
        Array.from({ length: 100 }, () => 'data: more and more\n'),
        1000,
      ),
    ).toThrow(EventTooLongError);
  });

  it('reads a long event in small pieces in linear time', () => {
    // By the square of its length this would be 2^39 bytes of copying, and the test would run into its time limit.
    const piece = Buffer.from('xx');
    const pieces = Array.from({ length: 2 ** 19 - 100 }, () => piece);
    const [event] = eventsIn([Buffer.from('data: '), ...pieces, Buffer.from('\n\n')]);
    expect(event?.data).toHaveLength(2 * pieces.length);
  });
});

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((line) => line.replace(/[\r\n]/g, '')),
  fc.constantFrom('', ' ', ':', 'data: ', '\uFEFF', '{"a":1}'),
);
const line = fc.oneof(
  text.map((value) => `data: ${value}`),
  text.map((value) => `data:${value}`),
  text.map((value) => `event: ${value}`),
  text.map((value) => `:${value}`),
  text,
  fc.constant(''),
);
const stream = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')))
  .map((lines) => Buffer.from(lines.map(([content, lineEnd]) => content + lineEnd).join('')));

/** The same bytes in pieces; some of them are empty. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

/** The rules of the specification, written down as simply as can be. */
function simpleEvents(bytes: Buffer): Event[] {
  const events: Event[] = [];
  let data: string[] = [];
  let type = '';
  const lines = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/);
  for (const content of lines.slice(0, -1)) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/su.exec(content) ?? [];
    if (content === '') {
      if (data.length > 0) events.push({ data: data.join('\n'), type });
      data = [];
      type = '';
    } else if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
  }
  return events;
}

describe('createSseParser, however the stream is cut', () => {
  it('reports the events that the specification says', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        expect(eventsIn(cut(bytes, cuts))).toEqual(simpleEvents(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('reports the same events byte by byte', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        expect(eventsIn([...bytes].map((byte) => Buffer.from([byte])))).toEqual(eventsIn([bytes]));
      }),
    );
  });

  it('throws nothing but its own error at garbage', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 50 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 2000 }), (garbage, limitBytes) => {
        const isLong = garbage.reduce((sum, { length }) => sum + length, 0) > limitBytes;
        try {
          eventsIn(garbage, limitBytes);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(EventTooLongError);
          expect(isLong).toBe(true);
        }
      }),
    );
  });
});
