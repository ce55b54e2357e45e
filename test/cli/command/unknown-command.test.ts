import { expect, it } from 'vitest';
import { unknownCommandError } from '../../../src/cli/command/unknown-command.js';

const known = [
  { id: 'serve', flags: ['model', 'upstream', 'port', 'config'] },
  { id: 'bench', flags: ['url', 'model', 'find-max', 'tenants'] },
  { id: 'models', flags: ['slots'] },
  { id: 'models:pull', flags: [] },
  { id: 'models:rm', flags: [] },
  { id: 'history:show', flags: ['file'] },
];

function errorFor(text: string) {
  return unknownCommandError(text.split(' '), known);
}

it.each([
  ['serv', 'Did you mean chatstream serve?'],
  ['serv model.gguf', 'Did you mean chatstream serve?'],
  ['models pul', 'Did you mean chatstream models pull?'],
  ['models nosuch', 'See chatstream models --help.'],
  ['history shwo', 'Did you mean chatstream history show?'],
  ['history frobnicate', 'See chatstream history --help.'],
  ['frobnicate', 'See chatstream --help.'],
])('suggests what was probably meant by %s', (words, hint) => {
  expect(errorFor(words)).toMatchObject({ code: 'usage', message: `There is no command ${words}.`, hint });
});

it.each([
  ['serve model.gguf', 'chatstream serve', 'model.gguf', 'Did you mean --model model.gguf?'],
  ['serve hf:a/b', 'chatstream serve', 'hf:a/b', 'Did you mean --model hf:a/b?'],
  ['serve 8080', 'chatstream serve', '8080', 'Did you mean --port 8080?'],
  ['serve a.yaml', 'chatstream serve', 'a.yaml', 'Did you mean --config a.yaml?'],
  ['serve http://gpu1:8080', 'chatstream serve', 'http://gpu1:8080', 'Did you mean --upstream http://gpu1:8080?'],
  ['bench http://gpu1:8080', 'chatstream bench', 'http://gpu1:8080', 'Did you mean --url http://gpu1:8080?'],
  ['bench find-max', 'chatstream bench', 'find-max', 'Did you mean --find-max?'],
  ['bench run', 'chatstream bench', 'run', 'See chatstream bench --help.'],
  ['history show h.jsonl', 'chatstream history show', 'h.jsonl', 'Did you mean --file h.jsonl?'],
])('says of %s that the command takes flags only', (words, command, argument, hint) => {
  const message = `${command} takes flags only, and not "${argument}".`;
  expect(errorFor(words)).toMatchObject({ code: 'usage', message, hint });
});

it('writes a value with spaces in quotes', () => {
  expect(unknownCommandError(['serve', 'my model.gguf'], known).hint).toBe('Did you mean --model "my model.gguf"?');
});
