import { expect, it } from 'vitest';
import { completionHint } from '../../../src/cli/command/completion-hint.js';

it.each([
  ['', 'Your shell is not known.'],
  ['unknown', 'Your shell is not known.'],
  ['fish', 'There are no steps for your shell, fish.'],
])('says of the shell %j how to name another one', (shell, why) => {
  const others = 'chatstream autocomplete bash, chatstream autocomplete zsh, chatstream autocomplete powershell';
  expect(completionHint(['autocomplete'], shell)).toBe(`${why} For one of these, write: ${others}.`);
});

it.each([
  [['autocomplete'], 'zsh'],
  [['autocomplete'], 'c:\\git\\bash.exe'],
  [['autocomplete', 'bash'], 'fish'],
  [['autocomplete', '--refresh-cache'], 'fish'],
  [['serve'], 'fish'],
])('says nothing of %j in %s', (typed, shell) => {
  expect(completionHint(typed, shell)).toBeNull();
});
