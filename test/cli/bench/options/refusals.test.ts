import { afterEach, describe, expect, it, vi } from 'vitest';
import { optionsOf } from './parse-bench.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('what makes no sense', () => {
  it.each([
    [['--rate', '0'], '"0" is not a number above 0.'],
    [['--rate=-1'], '"-1" is not a number above 0.'],
    [['--rate', '1e3'], '"1e3" is not a number above 0.'],
    [['--rate', 'Infinity'], '"Infinity" is not a number above 0.'],
    [['-c', '0'], '"0" is not a list of whole numbers of at least 1.'],
    [['-c', '1,,2'], '"1,,2" is not a list of whole numbers of at least 1.'],
    [['-n', '0'], '"0" is not a list of whole numbers of at least 1.'],
    [['-n', 'auto'], '"auto" is not a list of whole numbers of at least 1.'],
    [['-d', '10'], '"10" is not a duration.'],
    [['--input-tokens', '0'], '"0" is not a number of tokens.'],
    [['--output-tokens', '9-3'], 'The range "9-3" ends below its beginning.'],
    [['--turns', '0'], '"0" is not a number of messages.'],
    [['--header', 'nonsense'], '"nonsense" is not a header.'],
    [['--header', 'a b: c'], '"a b: c" is not a header.'],
    [['--header', ': c'], '": c" is not a header.'],
    [['--extra-body', ''], '--extra-body is empty.'],
    [['--no-param', ''], '--no-param is empty.'],
    [['--extra-body', '[1]'], '--extra-body [1] is not a JSON object.'],
    [['--extra-body', 'null'], '--extra-body null is not a JSON object.'],
    [['--extra-body', '{top_k:1}'], '--extra-body {top_k:1} is not a JSON object.'],
    [['--no-param', 'top_k'], '--no-param top_k does not name a parameter that the bench sets.'],
    [['--url', 'ftp://example.org'], '"ftp://example.org" is not the URL of a server.'],
    [['--url', 'localhost:8000'], '"localhost:8000" is not the URL of a server.'],
    [['--versus', 'example.org'], '"example.org" is not the URL of a server.'],
    [['--url', 'http://me:secret@example.org'], 'The URL of example.org contains a password'],
    [['--slo', 'nonsense'], 'Parsing --slo \n\t"nonsense" is not an objective.'],
    [['--slo', 'e2e<1s,', '--find-max', 'ttft.p95<1s'], 'Parsing --slo \n\t"" is not an objective.'],
    [['--find-max', 'nonsense'], 'Parsing --find-max \n\t"nonsense" is not an objective.'],
    [['--abort-on', 'nonsense'], 'Parsing --abort-on \n\t"nonsense"'],
    [['--fail-on', 'nonsense'], 'Parsing --fail-on \n\tThe threshold "nonsense" cannot be read.'],
    [['--slo', 'ttft.p42<1s'], '"ttft.p42<1s" is not an objective.'],
  ])('is refused: %j', async (argv, message) => {
    await expect(optionsOf(...argv)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [['-c', 'many'], 'commas'],
    [['-d', '10'], '10s'],
    [['--header', 'nonsense'], '"name: value"'],
    [['--extra-body', '[1]'], '{"top_k":1}'],
    [['--no-param', 'top_k'], 'The bench sets model, max_tokens, temperature, stream, stream_options, ignore_eos.'],
    [['--url', 'localhost:8000'], 'http://127.0.0.1:8000 or unix:/run/llm.sock'],
    [['--url', 'http://me:secret@example.org'], '--header'],
    [['--slo', 'nonsense'], 'ttft.p95<500ms'],
  ])('comes with what would: %j', async (argv, hint) => {
    await expect(optionsOf(...argv)).rejects.toMatchObject({ hint: expect.stringContaining(hint) as string });
  });

  it.each([
    [['-d', '1s', '-r', '5'], '--requests'],
    [['-r', '0'], '--requests'],
    [['--trials', '0'], '--trials'],
    [['--workers', '0'], '--workers'],
    [['--shared-prefix', '-1'], '--shared-prefix'],
    [['--seed', '1.5'], '--seed'],
    [['--arrival', 'never'], '--arrival'],
    [['--enforce-slo'], '--slo'],
  ])('is refused, naming the flag: %j', async (argv, flag) => {
    await expect(optionsOf(...argv)).rejects.toThrow(flag);
  });
});

describe('what contradicts itself', () => {
  const file = ['--prompts', 'chats.jsonl'];

  it.each([
    ['-d 0', 'Nothing can be measured with --duration 0.'],
    ['--arrival burst', '--arrival is for an open loop, but --rate is not given.'],
    [
      '--rate 5 -c 4 -n 2',
      'An open loop has no clients, so --concurrency 4 has no effect together with --max-concurrency.',
    ],
    ['--ramp 0-5/10s -c 4 -n 2', '--concurrency 4 has no effect together with --max-concurrency.'],
    ['--rate 5 -c 1,2', '--rate cannot be combined with several values of --concurrency.'],
    [`${file.join(' ')} --input-tokens 9`, '--input-tokens is for synthetic prompts, but --prompts names a file.'],
    ['--allow machine', '--allow is for a comparison, but there is nothing to compare with.'],
    ['--github', '--github is for a comparison, but there is nothing to compare with.'],
    ['--strict', '--strict needs something to judge.'],
    ['-o a.json -o ./a.json', 'Writing to ./a.json twice would leave only one of the two.'],
    ['-o a.json --samples a.json', 'Writing to a.json twice would leave only one of the two.'],
    [`${file.join(' ')} --samples chats.jsonl`, 'Writing to chats.jsonl would overwrite an input file.'],
    ['--baseline a.json -o a.json', 'Writing to a.json would overwrite an input file.'],
    [
      '-u http://127.0.0.1:1 --model m.gguf',
      '--model is for a server that the bench starts, but --url names one that is running.',
    ],
    ['--insecure', '--insecure is for a server that is running, but --url names none.'],
    ['-n 513 --engine mock', 'A server has at most 512 slots, so --max-concurrency 513 is too high.'],
    ['-n 300', 'llama.cpp runs at most 256 sequences at once, not 300.'],
    ['--flash-attention off --cache-type q8_0', '--cache-type q8_0 does not work with --flash-attention off.'],
  ])('is refused: %s', async (line, message) => {
    await expect(optionsOf(...line.split(' '))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message) as string,
      hint: expect.stringMatching(/\.$/) as string,
    });
  });

  it.each([
    '--rate 5 --arrival burst -c 4',
    '--rate 5 -n 2',
    '-c 4 -n 2',
    '-c 1,2',
    `${file.join(' ')} --output-tokens 9`,
    '--baseline a.json --allow machine --github --strict',
    '--slo ttft<1s --enforce-slo --strict',
    '-o a.json -o a.md --samples a.jsonl',
    '-u http://127.0.0.1:1 -n 600',
    '-n 300 --engine mock',
    '-c 1000',
  ])('is not what goes together: %s', async (line) => {
    await expect(optionsOf(...line.split(' '))).resolves.toBeDefined();
  });

  it('counts only if it is typed: variables may be set for other commands', async () => {
    vi.stubEnv('CHATSTREAM_MODEL', 'm.gguf');
    vi.stubEnv('CHATSTREAM_GITHUB', 'true');
    vi.stubEnv('CHATSTREAM_STRICT', 'true');
    vi.stubEnv('CHATSTREAM_INPUT_TOKENS', '9');
    const argv = ['-u', 'http://127.0.0.1:1', ...file];
    expect(await optionsOf(...argv)).toMatchObject({ target: { type: 'url' }, prompts: { type: 'file' } });
  });
});
