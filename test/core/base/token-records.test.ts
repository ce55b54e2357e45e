import fc from 'fast-check';
import { expect, it } from 'vitest';
import { failureRecord, tokenRecord, TokenRecords } from '../../../src/core/base/token-records.js';

const event = (text: string): string => `data: ${JSON.stringify({ text })}\n\n`;

it('gives events and their tokens together, however the stream is cut into chunks', () => {
  const texts = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\n\n: tokens 7\n\n')), {
    maxLength: 4,
  });
  const state = fc.option(fc.json());
  const pieces = fc.array(fc.record({ texts, tokens: fc.array(fc.nat(200_000), { maxLength: 3 }), state }), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(400), { maxLength: 10 }), fc.string(), (written, cuts, rest) => {
      const stream = Buffer.from(
        written.map((piece) => piece.texts.map(event).join('') + tokenRecord(piece.tokens, piece.state)).join('') +
          event(rest),
      );
      const records = new TokenRecords();
      let events = '';
      const tokens: number[] = [];
      let last: string | null = null;
      const ends = [...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
      ends.forEach((end, index) => {
        const recorded = records.push(stream.subarray(ends[index - 1] ?? 0, end));
        if (recorded === null) return;
        events += recorded.events.toString('latin1');
        tokens.push(...recorded.tokens);
        last = recorded.state ?? last;
        expect(recorded.failure).toBeNull();
      });
      const all = written.flatMap((piece) => piece.texts.map(event)).join('');
      expect(Buffer.from(events, 'latin1').toString()).toBe(all);
      expect(tokens).toEqual(written.flatMap((piece) => piece.tokens));
      expect(last).toBe(written.findLast((piece) => piece.state !== null)?.state ?? null);
      expect(records.takeUnrecorded().toString()).toBe(event(rest));
    }),
  );
});

it('tells the events of a failure from those before it', () => {
  const stream = event('one') + tokenRecord([1]) + event('two') + failureRecord('draining');
  const recorded = new TokenRecords().push(Buffer.from(stream));
  expect(recorded).toEqual({
    events: Buffer.from(event('one')),
    tokens: [1],
    state: null,
    failure: { code: 'draining', events: Buffer.from(event('two')) },
  });
});
