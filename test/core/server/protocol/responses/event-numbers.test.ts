import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventNumbers } from '../../../../../src/core/server/protocol/responses/event-numbers.js';

it('knows the number of the next event wherever the stream is cut, and whatever it says', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('"sequence_number":77,'));
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000_000_000 }),
      fc.array(text, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat({ max: 2000 }), { maxLength: 8 }),
      fc.boolean(),
      (first, texts, cuts, isSpaced) => {
        const events = texts.map((delta, index) => {
          const event = { type: 'response.output_text.delta', delta, sequence_number: first + index };
          return `event: ${event.type}\ndata: ${JSON.stringify(event, null, isSpaced ? ' ' : '').replaceAll('\n', '')}\n\n`;
        });
        const bytes = Buffer.from(events.join(''));
        const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted((one, other) => one - other);
        const numbers = new EventNumbers();
        for (const [index, end] of ends.entries()) numbers.note(bytes.subarray(ends[index - 1] ?? 0, end));
        expect(numbers.next).toBe(first + texts.length);
      },
    ),
  );
});

it('begins at 0', () => {
  const numbers = new EventNumbers();
  numbers.note(Buffer.from(': queued position=1 eta_ms=472\n\n'));
  expect(numbers.next).toBe(0);
});
