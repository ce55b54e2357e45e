import fc from 'fast-check';
import type { LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importLibrary } from '../../../../src/core/engine/llama/library/library.js';
import { Prompts } from '../../../../src/core/engine/llama/prompts.js';
import { specialTokens, syntheticModel } from '../../../support/gguf/index.js';

// Against llama.cpp's own tokenizer, which finds special tokens in time that grows with their number squared.

const contextLength = 2048;

let model: LlamaModel;
let prompts: Prompts;
beforeAll(async () => {
  const library = await importLibrary();
  const llama = await library.getLlama({ gpu: false, build: 'never', logLevel: library.LlamaLogLevel.disabled });
  model = await llama.loadModel({ modelPath: await syntheticModel({ vocabulary: 2000 }), vocabOnly: true });
  prompts = new Prompts(model, contextLength);
});
afterAll(async () => {
  await model.dispose();
});

const text = (long: string) => ({ type: 'text', text: long }) as const;

describe('a text', () => {
  it('has the tokens that llama.cpp finds in it', async () => {
    const names = Object.values(specialTokens);
    const part = fc.oneof(
      fc.constantFrom(...names),
      fc.tuple(fc.constantFrom(...names), fc.nat(8)).map(([name, length]) => name.slice(0, length)),
      fc.constantFrom(' the', '\n\n', '<', '|>', '123', 'é😀', 'tea'),
      fc.string({ maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 12 }), async (parts) => {
        const given = parts.join('');
        expect(await prompts.tokenize(given)).toEqual(model.tokenize(given, false));
        if (given !== '') expect((await prompts.prepare(text(given))).tokens).toEqual(model.tokenize(given, true));
      }),
    );
  });

  it('has the same tokens if it is so long that it is cut', async () => {
    const words = ['the', 'rain,', 'In', 'Spain;', '日本', '12', 'it\u2019s', '\n', 'tea', 'naïve', '  '];
    const long = Array.from({ length: 30_000 }, (_, index) => words[(index * index + index) % words.length]).join(' ');
    expect(await prompts.tokenize(long)).toEqual(model.tokenize(long, false));
    const digits = '1 2 3 45 678 9012 a 1 '.repeat(5000);
    expect(await prompts.tokenize(digits)).toEqual(model.tokenize(digits, false));
    const runs = `${'e'.repeat(60_001)}${' '.repeat(60_002)}x${'\n'.repeat(60_003)}`;
    expect(await prompts.tokenize(runs)).toEqual(model.tokenize(runs, false));
  });

  it('has the same tokens if it is cut where there are no spaces', async () => {
    const parts = ['the', 'x', '日本', 'é', '1', '2345', '.', ',"', '(', '_', '/', "'s", '\n', '\n\n', '。', '<|', '-'];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...parts), { minLength: 5, maxLength: 60 }), async (unit) => {
        const long = unit.join('').repeat(2000);
        expect(await prompts.tokenize(long)).toEqual(model.tokenize(long, false));
      }),
      { numRuns: 20 },
    );
  });

  it('lets other calls go first even if there is no space in it', async () => {
    const order: string[] = [];
    const long = prompts.tokenize('{"rain":[1,2],"in":"spain"}'.repeat(40_000)).then(() => order.push('long'));
    const short = prompts.tokenize('Rain.').then(() => order.push('short'));
    await Promise.all([long, short]);
    expect(order).toEqual(['short', 'long']);
  });

  it('of special tokens alone takes no longer than any other', async () => {
    const tokens = await prompts.tokenize(specialTokens.endOfTurn.repeat(20_000));
    expect(prompts.detokenize(tokens.slice(0, 100))).toContain(specialTokens.endOfTurn);
    const unlimited = new Prompts(model, 1_000_000);
    expect((await unlimited.prepare(text(specialTokens.endOfTurn.repeat(50_000)))).tokens).toHaveLength(50_000);
  });

  it('lets other calls go first now and then', async () => {
    const order: string[] = [];
    const long = prompts.tokenize('The rain in Spain. '.repeat(50_000)).then(() => order.push('long'));
    const short = prompts.tokenize('Rain.').then(() => order.push('short'));
    await Promise.all([long, short]);
    expect(order).toEqual(['short', 'long']);
  });
});

describe('a prompt that cannot fit', () => {
  const tooLong = {
    code: 'context_length_exceeded',
    message: expect.stringMatching(/ 2048 tokens\. The prompt has at least \d+ tokens, /) as string,
  };

  it('is refused before it is tokenised, if it is long', async () => {
    for (const part of ['rain ', specialTokens.endOfTurn, '\n', '😀']) {
      const long = part.repeat(200_000);
      await expect(prompts.prepare(text(long)), part).rejects.toMatchObject({ ...tooLong, param: 'prompt' });
      const messages = [{ role: 'user', content: long }] as const;
      const chat = prompts.prepare({ type: 'chat', messages });
      await expect(chat, part).rejects.toMatchObject({ ...tooLong, param: 'messages' });
    }
  });

  it('is refused before its template is rendered, if there are many messages', async () => {
    const messages = Array.from({ length: contextLength }, () => ({ role: 'user', content: '' }) as const);
    await expect(prompts.prepare({ type: 'chat', messages })).rejects.toMatchObject({
      code: 'context_length_exceeded',
      message: expect.stringContaining(`at least ${String(contextLength)} tokens`) as string,
      param: 'messages',
    });
  });

  it('is refused before its template is rendered, if that makes more of many messages than fits', async () => {
    await prompts.problems();
    const messages = Array.from({ length: contextLength / 4 }, () => ({ role: 'user', content: 'a' }) as const);
    await expect(prompts.prepare({ type: 'chat', messages })).rejects.toMatchObject({ ...tooLong, param: 'messages' });
    const { tokens } = await prompts.prepare({ type: 'chat', messages: messages.slice(0, 32) });
    const fitting = messages.slice(0, Math.floor((32 * contextLength) / tokens.length));
    expect((await prompts.prepare({ type: 'chat', messages: fitting })).tokens.length).toBeGreaterThan(
      contextLength / 2,
    );
  });

  it('is counted to its end, if it is short', async () => {
    expect((await prompts.prepare(text('1'.repeat(3000)))).tokens).toHaveLength(3000);
  });
});
