import { describe, expect, it } from 'vitest';
import { requestBody } from '../../../../src/core/bench/workload/request-body.js';
import {
  createWorkload,
  type SyntheticSpec,
  type Turn,
  type WorkloadSpec,
} from '../../../../src/core/bench/workload/workload.js';
import { parseLengths } from '../../../../src/core/measurement/workload/lengths.js';

const synthetic: SyntheticSpec = {
  type: 'synthetic',
  seed: 1,
  salt: 0,
  inputTokens: parseLengths('64'),
  outputTokens: parseLengths('32'),
  sharedPrefixTokens: 0,
  scale: { overhead: 10, perWord: 1.5 },
};

const contents = (spec: WorkloadSpec, run: number, index: number): string[] =>
  createWorkload(spec).conversation(run, index).map(textOf);

describe('a synthetic workload', () => {
  it('is the same for the same seed, in whatever order it is asked for', () => {
    const workload = createWorkload(synthetic);
    const later = workload.conversation(0, 7);
    workload.conversation(0, 3);
    expect(createWorkload(synthetic).conversation(0, 7)).toEqual(later);
  });

  it('has other words for every conversation, run and seed', () => {
    const texts = [
      contents(synthetic, 0, 0),
      contents(synthetic, 0, 1),
      contents(synthetic, 1, 0),
      contents({ ...synthetic, seed: 2 }, 0, 0),
    ].map((each) => each.join());
    expect(new Set(texts).size).toBe(4);
  });

  it('has other words with another salt, in the shared prefix too, and the same lengths', () => {
    const spec = {
      ...synthetic,
      inputTokens: parseLengths('64-128'),
      outputTokens: parseLengths('8-64'),
      sharedPrefixTokens: 40,
    };
    for (let index = 0; index < 20; index += 1) {
      const [plain] = createWorkload(spec).conversation(0, index);
      const [salted] = createWorkload({ ...spec, salt: 4711 }).conversation(0, index);
      const [text = '', other = ''] = [plain, salted].map(textOf);
      expect(salted?.outputTokens).toBe(plain?.outputTokens);
      expect(wordsIn(other)).toBe(wordsIn(text));
      expect(other.split(' ').slice(0, 20)).not.toEqual(text.split(' ').slice(0, 20));
      expect(other.split(' ').slice(20)).not.toEqual(text.split(' ').slice(20));
    }
  });

  it('has the same lengths in every run', () => {
    const spec = { ...synthetic, inputTokens: parseLengths('32-128'), outputTokens: parseLengths('8-64') };
    const workload = createWorkload(spec);
    for (let index = 0; index < 20; index += 1) {
      const [first] = workload.conversation(0, index);
      const [second] = workload.conversation(5, index);
      expect(second?.outputTokens).toBe(first?.outputTokens);
      expect(wordsIn(textOf(second))).toBe(wordsIn(textOf(first)));
    }
  });

  it('has as many words as the scale says that the tokens need', () => {
    // (64 − 10) ÷ 1.5 = 36
    expect(wordsIn(contents(synthetic, 0, 0)[0])).toBe(36);
  });

  it('never has an empty prompt, however short it should be', () => {
    expect(wordsIn(contents({ ...synthetic, inputTokens: parseLengths('1') }, 0, 0)[0])).toBe(1);
  });

  it('begins every prompt with the shared prefix, in all runs', () => {
    const spec = { ...synthetic, inputTokens: parseLengths('100'), sharedPrefixTokens: 40 };
    const prompts = [contents(spec, 0, 0), contents(spec, 0, 1), contents(spec, 3, 9)].map(([text = '']) => text);
    // (40 − 10) ÷ 1.5 = 20 words are shared, and the 21st is not.
    const shared = prompts.map((text) => text.split(' ').slice(0, 20).join(' '));
    expect(new Set(shared).size).toBe(1);
    expect(new Set(prompts).size).toBe(3);
  });
});

describe('a workload from a file', () => {
  const say = (content: string) => [{ role: 'user', content }];
  const spec: WorkloadSpec = {
    type: 'prompts',
    seed: 1,
    salt: 0,
    conversations: ['a', 'b', 'c', 'd', 'e', 'f'].map((each) => [say(each), [...say(each), ...say(`${each}2`)]]),
    outputTokens: parseLengths('16'),
    sharedPrefixTokens: 0,
    scale: { overhead: 0, perWord: 1 },
  };
  const firsts = (run: number, count = 6): string[] => {
    const workload = createWorkload(spec);
    return Array.from({ length: count }, (_, index) => textOf(workload.conversation(run, index)[0]));
  };

  it('uses each conversation once before any comes again', () => {
    expect(firsts(0).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(firsts(0, 12).slice(6)).toEqual(firsts(0));
  });

  it('shuffles them again for each run, repeatably', () => {
    expect(firsts(1)).not.toEqual(firsts(0));
    expect(firsts(1)).toEqual(firsts(1));
  });

  it('keeps the turns of a conversation in order', () => {
    const turns = createWorkload(spec).conversation(0, 0);
    expect(turns.map(({ messages }) => messages.length)).toEqual([1, 2]);
  });

  it('comes in another order with a salt, but with the same lengths', () => {
    const lengths = { ...spec, outputTokens: parseLengths('16-64') };
    const turns = (salt: number): readonly Turn[] =>
      Array.from({ length: 6 }, (_, index) => createWorkload({ ...lengths, salt }).conversation(1, index)[0]).flatMap(
        (turn) => turn ?? [],
      );
    expect(turns(4711).map(textOf)).not.toEqual(turns(0).map(textOf));
    expect(turns(4711).map(textOf).toSorted()).toEqual(turns(0).map(textOf).toSorted());
    expect(turns(4711).map(({ outputTokens }) => outputTokens)).toEqual(
      turns(0).map(({ outputTokens }) => outputTokens),
    );
    expect(turns(4711)).toEqual(turns(4711));
  });

  it('has the lengths and parameters that entries ask for', () => {
    const tools = [{ type: 'function' }];
    const wishes = { outputTokens: 5, parameters: { tools } };
    const workload = createWorkload({ ...spec, conversations: [[say('a')]], wishes: [wishes] });
    const [turn] = workload.conversation(0, 0);
    expect(turn?.outputTokens).toBe(5);
    const body = turn && requestBody(turn, { model: 'm', ignoreEos: false, omitted: [], extraBody: null });
    expect(JSON.parse(body ?? '')).toMatchObject({ max_tokens: 5, tools });
  });

  it('puts a shared prefix before the first message of each request', () => {
    const [turn] = createWorkload({ ...spec, sharedPrefixTokens: 3 }).conversation(0, 0);
    expect(turn?.messages[0]?.content).toMatch(/^(\w+ ){3}[a-f]$/);
  });
});

describe('a shared prefix before parts of a message', () => {
  it('is a part of its own', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    const [turn] = createWorkload({
      type: 'prompts',
      seed: 1,
      salt: 0,
      conversations: [[[{ role: 'user', content: [image] }]]],
      outputTokens: parseLengths('16'),
      sharedPrefixTokens: 3,
      scale: { overhead: 0, perWord: 1 },
    }).conversation(0, 0);
    expect(turn?.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: expect.stringMatching(/^(\w+ ){3}$/) as string }, image] },
    ]);
  });
});

describe('requestBody', () => {
  const turn = { messages: [{ role: 'user', content: 'Hello' }], outputTokens: 8 };

  it('asks for a stream with usage, as long as planned', () => {
    expect(JSON.parse(requestBody(turn, { model: 'm', ignoreEos: true, omitted: [], extraBody: null }))).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 8,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
      ignore_eos: true,
    });
  });

  it('asks for the usage with every chunk if that is needed', () => {
    const body = requestBody(turn, { model: 'm', ignoreEos: true, runningUsage: true, omitted: [], extraBody: null });
    const options = { include_usage: true, continuous_usage_stats: true };
    expect(JSON.parse(body)).toMatchObject({ stream_options: options });
  });

  it('leaves ignore_eos out for servers that might refuse it', () => {
    expect(requestBody(turn, { model: 'm', ignoreEos: false, omitted: [], extraBody: null })).not.toContain(
      'ignore_eos',
    );
  });

  it.each([
    [['ignore_eos', 'temperature'], null],
    [[], { ignore_eos: null, temperature: null }],
    [['temperature'], { ignore_eos: null }],
  ])('leaves out what is not wanted: %j, %j', (omitted, extraBody) => {
    expect(JSON.parse(requestBody(turn, { model: 'm', ignoreEos: true, omitted, extraBody }))).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 8,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('can name the limit as newer models want it', () => {
    const body: unknown = JSON.parse(
      requestBody(turn, {
        model: 'm',
        ignoreEos: false,
        omitted: ['max_tokens'],
        extraBody: { max_completion_tokens: 9 },
      }),
    );
    expect(body).toMatchObject({ max_completion_tokens: 9 });
    expect(body).not.toHaveProperty('max_tokens');
  });

  it('lets the extra body win', () => {
    const body: unknown = JSON.parse(
      requestBody(turn, { model: 'm', ignoreEos: true, omitted: [], extraBody: { temperature: 1, top_k: 3 } }),
    );
    expect(body).toMatchObject({ temperature: 1, top_k: 3 });
  });
});

function wordsIn(text = ''): number {
  return text.split(' ').length;
}

function textOf(turn: Turn | undefined): string {
  const contents = (turn?.messages ?? []).map(({ content }) => content);
  return contents.map((content) => (typeof content === 'string' ? content : JSON.stringify(content))).join('\n');
}
