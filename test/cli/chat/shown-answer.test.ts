import { WriteStream } from 'node:tty';
import { expect, it } from 'vitest';
import { liveAnswer } from '../../../src/cli/chat/shown-answer.js';

it('an answer cannot control the terminal, nor can the reason of its end', () => {
  let shown = '';
  const output: WriteStream = Object.assign(Object.create(WriteStream.prototype) as WriteStream, {
    ...{ isTTY: false, columns: 80, rows: 24 },
    write: (text: string) => {
      shown += text;
      return true;
    },
  });
  const hostile = 'x\u001b]52;c;aGk=\u0007\u009b2J\u202ey';
  const answer = liveAnswer(output);
  answer.show({ type: 'thought', text: hostile });
  answer.show({ type: 'text', text: hostile });
  answer.close(`ended: ${hostile}`);
  expect(shown).toContain('ended: x ]52;c;aGk= 2J y');
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
