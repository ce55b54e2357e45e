import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import {
  getLlama,
  type Llama,
  type LlamaContextSequence,
  LlamaLogLevel,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { halfBits } from '../support/gguf/half-float.js';
import {
  defaultSyntheticModel,
  specialTokens,
  syntheticModel,
  type SyntheticModelOptions,
  type WeightType,
  writeSyntheticModel,
} from '../support/gguf/index.js';

const weightTypes: readonly WeightType[] = ['f32', 'f16', 'q8_0', 'q4_0'];

let folder: string;
let llama: Llama;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gguf-test-'));
  llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error });
});

afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true });
});

async function fileBytes(options: Partial<SyntheticModelOptions>): Promise<Buffer> {
  const path = join(folder, 'bytes.gguf');
  await writeSyntheticModel(path, options);
  return readFile(path);
}

async function withModel(
  options: Partial<SyntheticModelOptions>,
  use: (model: LlamaModel) => void | Promise<void>,
): Promise<void> {
  const path = join(folder, 'model.gguf');
  await writeSyntheticModel(path, options);
  const model = await llama.loadModel({ modelPath: path });
  try {
    await use(model);
  } finally {
    await model.dispose();
  }
}

async function withSequence(model: LlamaModel, use: (sequence: LlamaContextSequence) => Promise<void>): Promise<void> {
  const context = await model.createContext({ sequences: 2, contextSize: 512, threads: 1 });
  try {
    await use(context.getSequence());
  } finally {
    await context.dispose();
  }
}

interface Generation {
  readonly temperature: number;
  readonly tokens: number;
  readonly seed?: number;
}

async function generate(sequence: LlamaContextSequence, { temperature, tokens, seed = 1 }: Generation) {
  const { model } = sequence;
  const prompt = `${specialTokens.startOfMessage}user\nHello${specialTokens.endOfTurn}\n`;
  const output: Token[] = [];
  await sequence.clearHistory();
  for await (const token of sequence.evaluate(model.tokenize(prompt, true), { temperature, seed })) {
    output.push(token);
    if (output.length === tokens) break;
  }
  return output;
}

describe.each(weightTypes)('a synthetic model in %s', (type) => {
  it('runs in llama.cpp, and says the same for the same seed', async () => {
    await withModel({ type }, (model) =>
      withSequence(model, async (sequence) => {
        const first = await generate(sequence, { temperature: 0.8, tokens: 32, seed: 7 });
        const again = await generate(sequence, { temperature: 0.8, tokens: 32, seed: 7 });
        const other = await generate(sequence, { temperature: 0.8, tokens: 32, seed: 8 });
        expect(first).toHaveLength(32);
        expect(again).toEqual(first);
        expect(other).not.toEqual(first);
      }),
    );
  });

  it('varies its words when decoded greedily, without an end', async () => {
    await withModel({ type }, (model) =>
      withSequence(model, async (sequence) => {
        const output = await generate(sequence, { temperature: 0, tokens: 100 });
        expect(output).toHaveLength(100);
        expect(new Set(output).size).toBeGreaterThan(40);
        expect(model.detokenize(output)).toMatch(/[a-z]{2}/);
        const controlCharacters = output.filter((token) => token < 0x20 && token !== 0x09 && token !== 0x0a);
        expect(controlCharacters).toEqual([]);
      }),
    );
  });
});

describe('the vocabulary', () => {
  const texts = [
    'Hello , world ! It \'s a "test" .',
    '日本語のテキスト、こんにちは。',
    '👩‍👩‍👧 🎉 é e\u0301 \u0000\u007f',
    '  indented\n\n\ttabs  \r\n',
    `not a token: ${specialTokens.endOfTurn}`,
  ];

  it.each([defaultSyntheticModel.vocabulary, 260, 3000])('of %i tokens gives any text back', async (vocabulary) => {
    await withModel({ vocabulary }, (model) => {
      expect(model.fileInfo.metadata.tokenizer.ggml.tokens).toHaveLength(vocabulary);
      for (const text of texts) expect(model.detokenize(model.tokenize(text))).toBe(text);
    });
  });

  it('builds words by merges and splits other characters into bytes', async () => {
    await withModel({}, (model) => {
      expect(model.tokenize('tea')).toHaveLength(2);
      const [first, second, third, ...rest] = model.tokenize('日');
      expect([first, second, third, rest]).toEqual([0xe6, 0x97, 0xa5, []]);
      expect(model.detokenize(model.tokenize('日').slice(0, 2))).toContain('\ufffd');
    });
  });

  it('knows its special tokens', async () => {
    await withModel({}, (model) => {
      const [endOfTurn, ...rest] = model.tokenize(specialTokens.endOfTurn, true);
      expect(rest).toEqual([]);
      expect(endOfTurn).toBe(model.tokens.eot);
      expect(endOfTurn).toBe(model.tokens.eos);
      const isEnd = (text: string) => model.tokenize(text, true).map((token) => model.isEogToken(token));
      expect(isEnd(specialTokens.endOfTurn)).toEqual([true]);
      expect(isEnd(specialTokens.startOfMessage)).toEqual([false]);
      expect(isEnd('a')).toEqual([false]);
      for (const text of Object.values(specialTokens)) {
        expect(model.tokenize(text, true).map((token) => model.isSpecialToken(token))).toEqual([true]);
      }
    });
  });
});

describe('options', () => {
  it('include the chat template', async () => {
    const { chatTemplate } = defaultSyntheticModel;
    await withModel({}, (model) => {
      expect(model.fileInfo.metadata.tokenizer.chat_template).toBe(chatTemplate);
    });
    await withModel({ chatTemplate: null }, (model) => {
      expect(model.fileInfo.metadata.tokenizer.chat_template).toBeUndefined();
    });
  });

  it('have ChatML for a default template', () => {
    const template = new Template(defaultSyntheticModel.chatTemplate ?? '');
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: ' Hello\n' },
    ];
    const chat = '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hello\n<|im_end|>\n';
    expect(template.render({ messages, add_generation_prompt: false })).toBe(chat);
    expect(template.render({ messages, add_generation_prompt: true })).toBe(`${chat}<|im_start|>assistant\n`);
  });

  it('can ask for a beginning-of-sequence token', async () => {
    for (const addBos of [false, true]) {
      await withModel({ addBos }, (model) => {
        expect(model.tokens.shouldPrependBosToken).toBe(addBos);
        expect(model.tokens.bosString).toBe(specialTokens.beginningOfSequence);
      });
    }
  });

  it('can make the model end its turn', async () => {
    await withModel({ endOfTurnGain: 3 }, (model) =>
      withSequence(model, async (sequence) => {
        const output = await generate(sequence, { temperature: 0.8, tokens: 200 });
        expect(output.length).toBeLessThan(200);
      }),
    );
  });

  it.each<Partial<SyntheticModelOptions>>([
    { layers: 0 },
    { dim: 64.5 },
    { heads: 3 },
    { kvHeads: 3 },
    { type: 'q4_0', ffn: 100 },
    { type: 'q8_0', dim: 40, heads: 4 },
    { vocabulary: 259 },
    { seed: 0.5 },
    { endOfTurnGain: -1 },
  ])('are refused when no model could have them: %o', async (options) => {
    await expect(writeSyntheticModel(join(folder, 'refused.gguf'), options)).rejects.toThrow(RangeError);
  });
});

describe('the file', () => {
  it('is the same for the same options', async () => {
    const hash = createHash('sha256');
    for (const type of weightTypes) hash.update(await fileBytes({ type }));
    // When this changes on purpose, raise `formatVersion` in model-cache.ts, or others will be given the old files.
    expect(hash.digest('hex')).toBe('250b6c24515ad54dbef05d86f56c8033a49a6bf95b1cc48a108d6f1ea680184a');
  });

  it('differs by seed', async () => {
    const [first, second] = [await fileBytes({ seed: 1 }), await fileBytes({ seed: 2 })];
    expect(first.equals(second)).toBe(false);
  });
});

describe('the cache', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('makes a model once, whole, even for several processes at the same time', async () => {
    const temporary = await mkdtemp(join(folder, 'cache-'));
    vi.stubEnv('TMPDIR', temporary).stubEnv('TEMP', temporary);

    const [path, same, other] = await Promise.all([
      syntheticModel(),
      syntheticModel({ seed: defaultSyntheticModel.seed }),
      syntheticModel({ seed: 2 }),
    ]);
    expect(same).toBe(path);
    expect(other).not.toBe(path);
    expect(await readdir(join(path, '..'))).toHaveLength(2);

    const [cached, fresh] = [await readFile(path), await fileBytes({})];
    expect(cached.equals(fresh)).toBe(true);
  });
});

describe('halves', () => {
  it.each([
    [0, 0x0000],
    [1, 0x3c00],
    [-2, 0xc000],
    [1 / 3, 0x3555],
    [65504, 0x7bff],
    [65520, 0x7c00],
    [1e9, 0x7c00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ])('of %d have the right bits', (value, bits) => {
    expect(halfBits(value)).toBe(bits);
  });
});
