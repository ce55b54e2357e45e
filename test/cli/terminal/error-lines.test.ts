import { describe, expect, it } from 'vitest';
import { errorLines } from '../../../src/cli/terminal/error-lines.js';

describe('an error', () => {
  it('has what to do about it on a line of its own', () => {
    expect(errorLines(process.stderr, { message: 'It is broken:\nhere.', hint: 'Mend it.' })).toEqual([
      'error: It is broken:\nhere.',
      'Mend it.',
    ]);
  });

  it('cannot control the terminal with what a server has sent', () => {
    const hostile = 'bad\u001b]52;c;aGk=\u0007\u009b2J\u202e text';
    expect(errorLines(process.stderr, { message: hostile, hint: hostile })).toEqual([
      'error: bad]52;c;aGk=2J text',
      'bad]52;c;aGk=2J text',
    ]);
  });
});
