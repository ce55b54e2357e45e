import { expect, it } from 'vitest';
import { unknownCommandError } from '../../../src/cli/command/unknown-command.js';

const known = ['serve', 'bench', 'models', 'models:pull', 'models:rm'];

it.each([
  ['serv', 'Did you mean chatstream serve?'],
  ['models pul', 'Did you mean chatstream models pull?'],
  ['models nosuch', 'See chatstream --help.'],
  ['frobnicate', 'See chatstream --help.'],
])('suggests what was probably meant by %s', (words, hint) => {
  expect(unknownCommandError(words, known)).toMatchObject({
    code: 'usage',
    message: `There is no command ${words}.`,
    hint,
  });
});
