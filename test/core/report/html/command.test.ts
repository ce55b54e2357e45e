import { expect, it } from 'vitest';
import { commandSection } from '../../../../src/core/report/html/command.js';

it('a command has no characters that cannot be seen', () => {
  const { text } = commandSection('chatstream bench\u202e \u001b[8m; <b>\u2066 --duration 1s');
  expect(text).toContain('>chatstream bench [8m; &lt;b&gt; --duration 1s<');
});
