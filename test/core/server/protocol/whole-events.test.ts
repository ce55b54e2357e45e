import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WholeEvents } from '../../../../src/core/server/protocol/whole-events.js';

describe('events of a stream that comes in pieces', () => {
  it('are passed on whole, wherever they are cut, and nothing is lost', () => {
    const event = fc.constantFrom('data: 1\n\n', ': ping\n\n', 'event: x\r\ndata: 2\r\n\r\n', 'data: ü\n\n', '\n\n');
    fc.assert(
      fc.property(
        fc.array(event),
        fc.constantFrom('', 'data: {"te'),
        fc.integer({ min: 1, max: 9 }),
        (all, rest, length) => {
          const bytes = Buffer.from(all.join('') + rest);
          const events = new WholeEvents();
          const passed: string[] = [];
          for (let from = 0; from < bytes.length; from += length) {
            passed.push(events.push(bytes.subarray(from, from + length)).toString());
          }
          expect(passed.every((each) => each === '' || /\n\r?\n$/.test(each))).toBe(true);
          expect(passed.join('') + events.takeRest().toString()).toBe(bytes.toString());
          expect(events.isCut).toBe(false);
        },
      ),
    );
  });

  it('are the same bytes where a piece ends with one', () => {
    const piece = Buffer.from('data: 1\n\n');
    expect(new WholeEvents().push(piece)).toBe(piece);
  });

  it('are passed on before their end if they are longer than 1 MiB', () => {
    const events = new WholeEvents();
    const piece = Buffer.alloc(1024 * 1024, 'x');
    expect([events.push(piece).length, events.isCut]).toEqual([0, false]);
    expect([events.push(Buffer.from('x')).length, events.isCut]).toEqual([piece.length + 1, true]);
    expect([events.push(Buffer.from('x\n\n')).length, events.isCut]).toEqual([3, false]);
  });
});
